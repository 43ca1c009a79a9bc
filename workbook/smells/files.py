"""The Python files of a project, read as they are. Never follows a link, never runs anything."""

import io
import os
import re
import stat
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST = 1_000_000  # bytes: nobody writes more by hand, and no rule is worth the wait
SKIPPED = {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env"}
_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_IMPORT = re.compile(
    r"^\s*(from|import)\s+(sqlalchemy|sqlmodel|flask_sqlalchemy|advanced_alchemy)\b", re.MULTILINE
)


@dataclass(frozen=True)
class Source:
    """One file. `path` is as a person would type it below the project, with forward slashes."""

    path: str
    text: str

    @property
    def is_test(self) -> bool:
        """Whether the path says that this is a test, or belongs to one."""
        return bool(_TEST.search(self.path))

    @property
    def knows_sqlalchemy(self) -> bool:
        """Whether it imports SQLAlchemy, or a library that stands on it."""
        return bool(_IMPORT.search(self.text))


@dataclass(frozen=True)
class Unread:
    """One file that could not be read, and why."""

    path: str
    why: str


def read_project(path: Path) -> Iterator[Source | Unread]:
    """Yield each Python file of a folder, or the one file, in the order of their names.

    Left out are hidden folders, virtual environments, what was built, and links.
    """
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir() raises where it may not look
        yield _read(path, path.name)
        return
    closed: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=closed.append):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_ours(here / name))
        for name in sorted(names):
            if name.endswith(".py") and not os.path.islink(here / name):  # noqa: PTH114 - see above
                yield _read(here / name, (here / name).relative_to(path).as_posix())
    for error in closed:  # silence would say that it is clean
        yield Unread(
            os.path.relpath(error.filename, path), (error.strerror or "cannot be read").lower()
        )


def _is_ours(folder: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in SKIPPED:
        return False
    return not os.path.isfile(folder / "pyvenv.cfg")  # noqa: PTH113 - see above


def _read(path: Path, name: str) -> Source | Unread:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Unread(name, "is no regular file")
        if found.st_size > LARGEST:
            return Unread(name, f"has over {LARGEST:,} bytes")
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return Source(name, data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n"))
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return Unread(name, "is not written in the encoding that it names, or UTF-8")
    except OSError as error:
        return Unread(name, (error.strerror or "cannot be read").lower())
