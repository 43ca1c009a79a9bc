"""Bringing a starter back. What stood in its place is kept beside it, always."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.home import Home, shown
from workbook.workspace.place import starter_as_it_came


def reset_lesson(lesson: Lesson, home: Home) -> Iterator[str]:
    """Bring back each starter of a lesson, and yield a sentence about each.

    Raises:
        OSError: a file cannot be written; then it is as it was.
    """
    for name, text in starter_as_it_came(lesson, home).items():
        yield _reset(lesson.folder / name, text.encode())


def _reset(path: Path, text: bytes) -> str:
    with contextlib.suppress(OSError):  # what cannot be read is no starter
        if path.read_bytes() == text:
            return f"{shown(path)} is the starter already"
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(text)  # first of all: a full disk is noticed before anything is moved
        aside = _move_aside(path)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    yours = f"; yours is {shown(aside)}" if aside else ""
    return f"{shown(path)} is the starter again{yours}"


def _move_aside(path: Path) -> Path | None:
    if not (path.exists() or path.is_symlink()):
        return None
    number = 1
    while (aside := path.with_name(f"{path.name}.before-reset-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside
