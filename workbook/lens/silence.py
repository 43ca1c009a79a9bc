"""Session.delete() announces nothing: which line was it?

Where close(), or a rollback without a connection, comes before anything else, nobody can know that
there was one. Never guesses: exactly one line between the step before and the next event names
`.delete(`, or no line is told.
"""

import linecache
import re

from workbook.lens.stack import Call

_DELETE = re.compile(r"\.delete(_all)?\(")


def delete_between(last: list[Call], following: list[Call], *, unfinished: bool) -> list[Call]:
    """Return the calls, innermost first, of the one line that deletes; nothing when in doubt.

    `unfinished` says that the last line itself may be the one.
    """
    for depth, (code, line) in enumerate(following):
        before = next((number for other, number in last if other is code), None)
        start = code.co_firstlineno if before is None else before + (not unfinished)
        lines = [number for number in range(start, line + 1) if _deletes(code.co_filename, number)]
        if len(lines) == 1:
            return [(code, lines[0]), *following[depth + 1 :]]
        if lines or before is not None:
            return []
    return []


def _deletes(path: str, line: int) -> bool:
    return bool(_DELETE.search(linecache.getline(path, line)))
