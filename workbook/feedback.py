"""From an exception to what a learner can act on. Never shows a frame that is not the learner's."""

import difflib
import re
import traceback
from collections.abc import Collection, Iterator

from workbook.home import command, shown
from workbook.limit import OutOfTime
from workbook.verdict import Place

_LONGEST = 12
_TODO = re.compile(r"TODO (\d+\.\d+)")
_NOT_THERE = re.compile(r"cannot import name '(?P<name>\w+)' from .*case_tracker")


def explain(error: BaseException, files: Collection[str]) -> tuple[str, str]:  # noqa: C901, PLR0911 - one line for each kind
    """Return the reason (one word) and the message for a failed test.

    `files` are the learner's. The reason is one of todo, assertion, missing, import,
    syntax, file, endless and error.
    """
    match error:
        case NotImplementedError() if todo := _TODO.search(str(error)):
            return "todo", f"{todo[0]} is still to do"
        case OutOfTime():
            return "endless", str(error)
        case SystemExit():
            return "error", f"the code ended the program: SystemExit({error.code!r})"
        case AssertionError():
            return "assertion", _short(_without_introspection(str(error)) or "an assertion failed")
        case SyntaxError():
            return "syntax", f"Python cannot read the file: {error.msg} (line {error.lineno})"
        case OSError() if str(error.filename) in files:
            name = shown_file(str(error.filename))
            return "file", (
                f"{name} cannot be read: {error.strerror}. "
                f"This brings the starter back: {command('reset', _number(error.filename))}"
            )
        case ImportError() if match := _NOT_THERE.search(str(error)):
            return "import", _not_there(match["name"], error, files)
        case ImportError():
            return "import", f"an import failed: {error}"
        case AttributeError() if missing := _missing(error, files):
            return "missing", missing
    if any(cls.__module__.startswith("_pytest") for cls in type(error).__mro__):
        return "assertion", _short(str(error))  # pytest.fail, pytest.raises: they judge
    return "error", _short(_described(error))


def place(error: BaseException, files: Collection[str]) -> Place | None:
    """Return the innermost line of the learner's files that the exception passed through.

    An exception that a test turned into a message of its own is followed to its cause.
    """
    for link in chain(error):
        if isinstance(link, SyntaxError) and link.filename and link.filename in files:
            return Place(link.filename, link.lineno or 1)
        frames = [  # walked, not extracted: that would read the text of every file in it
            (frame.f_code, line)
            for frame, line in traceback.walk_tb(link.__traceback__)
            if frame.f_code.co_filename in files
        ]
        if frames:
            code, line = frames[-1]
            return Place(code.co_filename, line or 1, code.co_name)
    return None


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception, its causes and what was being handled when it was raised."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        yield from chain(getattr(error, "orig", None))
        error = error.__cause__ or error.__context__


def _missing(error: AttributeError, files: Collection[str]) -> str | None:
    """Name what the learner's file lacks; None when the attribute is somebody else's business."""
    owner = error.obj
    module = getattr(owner, "__file__", None)
    if module in files:
        return f"{shown_file(str(module))} has no {error.name} yet"
    cls = owner if isinstance(owner, type) else type(owner)
    sources = {f for f in files if any(m.__module__ in _modules(f) for m in cls.__mro__)}
    if sources:
        return f"{shown_file(sources.pop())} has no {cls.__name__}.{error.name} yet"
    return None


def _not_there(name: str, error: ImportError, files: Collection[str]) -> str:
    """Say why a module of the app has no such name: the learner's file stands in for it, or a typo.

    A file of the learner that imports from itself has taken the finished module for another one.
    """
    where = place(error, files)
    if error.path in files and where and where.file == error.path:
        return (
            f"the file imports {name} from the module whose place it takes: "
            f"while you work on this lesson, that module is your file. Write it here"
        )
    if error.path in files:
        return f"{shown_file(str(error.path))} has no {name} yet"
    import sys  # noqa: PLC0415 - only here, and only when something is missing

    module = sys.modules.get(str(error.name))  # none, when it could not be imported to its end
    known = [one for one in getattr(module, "__dict__", ()) if not one.startswith("_")]
    close = difflib.get_close_matches(name, known, cutoff=0.5)
    return f"{error.name} has no {name}" + (f"; it has {', '.join(close)}" if close else "")


def _modules(file: str) -> set[str]:
    import sys  # noqa: PLC0415 - only here, and only when something is missing

    return {
        name
        for name, module in list(sys.modules.items())
        if getattr(module, "__file__", "") == file
    }


def shown_file(path: str) -> str:
    """Return the name of a file as the learner knows it: `exercise.py`."""
    return path.replace("\\", "/").rpartition("/")[2]


def _number(path: str) -> str:
    """Return the number of the lesson that a file belongs to, as a command takes it."""
    return path.replace("\\", "/").split("/")[-2][:2]


def _described(error: BaseException) -> str:
    text = str(error).split("\n[SQL:")[0]
    text = text.split("\n(Background on this error")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _without_introspection(text: str) -> str:
    """Drop what pytest adds below a message of our own: `assert 11 == 2`."""
    head, separator, tail = text.partition("\nassert ")
    return head if separator and not head.startswith("assert ") else head + separator + tail


def _short(text: str) -> str:
    lines = [line[:200] for line in text.splitlines()]
    return "\n".join(lines if len(lines) <= _LONGEST else [*lines[:_LONGEST], "…"])


def show(where: Place) -> str:
    """Return a place as text that an editor can open: `lessons/02_repository/exercise.py:20`."""
    from pathlib import Path  # noqa: PLC0415 - pathlib is slow to load and rarely needed here

    return f"{shown(Path(where.file))}:{where.line}"
