"""Which lines of user code are running right now, and which ORM methods they called.

Never keeps a frame: with its local variables it would keep sessions and objects alive.
"""

import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

Call = tuple[CodeType, int]
"""A running function and its current line."""


class Calls(NamedTuple):
    """What a walk found, innermost first: user code, and the ORM's functions inside of it."""

    user: list[Call]
    orm: list[str]


_HIDDEN, _USER, _ORM = range(3)


class Walker:
    """Walks the running stack; asks once per file whether that file is user code."""

    def __init__(self, user_code: Callable[[str], bool], orm: Path) -> None:
        self._user_code = user_code
        self._orm = _folders(orm)
        self._known: dict[str, int] = {}

    def walk(self, start: FrameType) -> Calls:
        """Return the calls from this frame outwards."""
        calls = Calls([], [])
        frame: FrameType | None = start
        greenlet = None
        while frame is not None:
            code = frame.f_code
            what = self._known.get(code.co_filename)
            if what is None:
                what = self._look_at(code.co_filename)
            if what == _USER:
                calls.user.append((code, frame.f_lineno))
            elif what == _ORM and not calls.user:
                calls.orm.append(code.co_name)
            frame = frame.f_back
            if frame is None:
                greenlet = _waiting(greenlet)
                frame = greenlet and greenlet.gr_frame
        return calls

    def _look_at(self, path: str) -> int:
        what = _USER if self._user_code(path) else _ORM if path.startswith(self._orm) else _HIDDEN
        self._known[path] = what
        return what


def _waiting(greenlet: Any) -> Any:
    """Return the greenlet that waits for this one: async SQLAlchemy works in a child greenlet."""
    if greenlet is None:
        library: Any = sys.modules.get("greenlet")  # only ever imported by async programs
        greenlet = library and library.getcurrent()
    return greenlet and greenlet.parent


def user_code_outside(*libraries: Path) -> Callable[[str], bool]:
    """Return the usual answer to "is this file user code?".

    Yes, except for the standard library, installed packages, the given folders and the tool itself.
    The app, the lessons and the solutions are what a learner looks at: they count wherever they are
    installed. Of the names that are no files only what a person types counts (a prompt, a notebook,
    a page), never generated code.
    """
    hidden = _folders(_TOOL, *libraries, *_STANDARD)
    shown = _folders(*_SHOWN)

    def user_code(path: str) -> bool:
        if path.startswith("<"):
            return path.startswith(_TYPED)
        if path.startswith(shown):
            return True
        return not path.startswith(hidden) and _INSTALLED.isdisjoint(Path(path).parts)

    return user_code


_TOOL = Path(__file__).parents[1]
_SHOWN = (
    _TOOL.parent / "case_tracker",
    *(_TOOL / part for part in ("lessons", "solutions", "notebooks")),
)
_STANDARD = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib"),
    Path(os.__file__).parent,  # a page keeps its standard library elsewhere
)
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_TYPED = ("<stdin>", "<console>", "<exec>", "<ipython-input", "<doctest")


def _folders(*paths: str | Path) -> tuple[str, ...]:
    return tuple(f"{path}{os.sep}" for path in paths)
