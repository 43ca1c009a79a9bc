"""Statement budgets for tests: what was sent, what is enough, and which lines sent it.

Never prints SQL in full: identical statements are one line, with their numbers and their count.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from workbook.lens.entries import Frame, Statement, cut
from workbook.lens.report import without_verb
from workbook.lens.statements import Kind

_LONGEST_LINE = 72  # what a report of 80 columns leaves between its margins
_SHORTEST_TEXT = 20
_MOST_LINES = 8
_MOST_RANGES = 3

_Row = tuple[str, str, str, str]


class Recorded(Protocol):
    """Anything with a list of statements; a Recorder is one."""

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements in the order in which they were sent."""


def assert_budget(
    recorder: Recorded, *, at_most: int, what: str | None = None, kind: Kind | None = None
) -> None:
    """Fail when more than `at_most` statements (of this kind) were sent.

    Raises:
        AssertionError: `10 cases took 11 SELECTs; 2 are enough`, then the statements, folded.
    """
    __tracebackhide__ = True  # pytest shows the line of the test instead
    message = over_budget(recorder, at_most=at_most, what=what, kind=kind)
    if message is not None:
        raise AssertionError(message)


def over_budget(
    recorder: Recorded,
    *,
    at_most: int,
    what: str | None = None,
    kind: Kind | None = None,
    noun: str | None = None,
) -> str | None:
    """Return the failing message, or None when the budget is kept."""
    sent = [statement for statement in recorder.statements if kind in {None, statement.kind}]
    if len(sent) <= at_most:
        return None
    enough = {0: "none is needed", 1: "1 is enough"}.get(at_most, f"{at_most} are enough")
    return "\n".join([f"{_took(sent, what, noun or kind)}; {enough}", *folded(sent)])


def off_budget(
    recorder: Recorded,
    *,
    exactly: int,
    what: str | None = None,
    kind: Kind | None = None,
    noun: str | None = None,
) -> str | None:
    """Return the failing message, or None when as many were sent as were expected."""
    sent = [statement for statement in recorder.statements if kind in {None, statement.kind}]
    if len(sent) >= exactly:
        return over_budget(recorder, at_most=exactly, what=what, kind=kind, noun=noun)
    expected = "1 was expected" if exactly == 1 else f"{exactly} were expected"
    return "\n".join([f"{_took(sent, what, noun or kind)}; {expected}", *folded(sent)])


def _took(sent: Sequence[Statement], what: str | None, noun: str | None) -> str:
    return f"{what or 'this'} took {len(sent)} {noun or 'statement'}{'' if len(sent) == 1 else 's'}"


def folded(statements: Iterable[Statement]) -> list[str]:
    """Return a line per distinct statement: `2-11  SELECT … FROM notes  x10  exercise.py:24`."""
    groups: dict[tuple[str, Frame | None], list[Statement]] = {}
    for statement in statements:
        groups.setdefault((statement.text, statement.place), []).append(statement)
    rows = _fitted([_row(group) for group in groups.values()])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1 :] = [f"… and {len(lines) - _MOST_LINES + 1} other statements"]
    return [f"  {line}" for line in lines]


def _fitted(rows: list[_Row]) -> list[_Row]:
    """Cut the SQL, and nothing else, so that a line is a line on every screen."""
    margins = len("  ") * 4
    beside = sum(max((len(row[n]) for row in rows), default=0) for n in (0, 2, 3))
    room = max(_LONGEST_LINE - margins - beside, _SHORTEST_TEXT)
    return [(numbers, cut(text, room), times, place) for numbers, text, times, place in rows]


def _row(group: list[Statement]) -> _Row:
    first = group[0]
    times = f"x{len(group)}" if len(group) > 1 else ""
    return (
        _ranges([one.number for one in group]),
        f"{first.kind} {without_verb(first)}",
        times,
        first.place.short if first.place else "",
    )


def _ranges(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    if len(shown) > _MOST_RANGES:
        shown[_MOST_RANGES - 1 : -1] = ["…"]
    return ", ".join(shown)
