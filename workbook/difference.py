"""What a learner has changed in a file since the starter. Reads, never writes."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.derive import starter
from workbook.home import Home, shown
from workbook.text import BLANK, Line, Part, Role, line

_ROLES: dict[str, Role] = {"+": "good", "-": "bad", "@": "quiet"}


def against_starter(lesson: Lesson, home: Home) -> Iterator[Line]:
    """Yield the changed lines of each file with their neighbours, or say that there are none."""
    for name, text in starter(lesson, home).items():
        path = lesson.folder / name
        yield line(Part(f"  {shown(path)}", "strong", str(path)))
        yield from _one(path, text)
        yield BLANK


def _one(path: Path, text: str) -> Iterator[Line]:
    try:
        yours = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        yield line(Part("    the file is not there; reset brings the starter back", "bad"))
        return
    except (OSError, UnicodeDecodeError) as error:
        yield line(Part(f"    the file cannot be read: {error}", "bad"))
        return
    changed = list(difflib.unified_diff(text.splitlines(), yours.splitlines(), lineterm="", n=2))
    if not changed:
        yield line(Part("    as the starter: you have changed nothing yet", "quiet"))
    for one in changed[2:]:
        yield line("    ", Part(one, _ROLES.get(one[:1], "")))
