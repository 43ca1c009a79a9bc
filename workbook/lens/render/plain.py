"""A film as text for a terminal, without colour: marks are signs.

Never wider than asked for: four panes side by side where there is room, two, or one.
"""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from workbook.lens.entries import cut
from workbook.lens.render import words
from workbook.lens.render.words import Shown
from workbook.lens.steps import Card, Desk, Mark, Row, Rows, Step

Line = tuple[Mark, str]
"""A line of a pane: what happened to the thing, and the text."""

_FOUR, _TWO = 116, 64
_GAP = 2
_INDENT = 6


def text(film: Shown, width: int) -> str:
    """Return all steps, one below the other, at most `width` characters wide."""
    last = len(film.steps) - 1
    parts = [f"{film.title}\n"] if film.title else []
    return "\n".join(parts + ["\n".join(_step(step, last, width)) for step in film.steps])


def _step(step: Step, last: int, width: int) -> Iterator[str]:
    number = f"{step.number}/{last}"
    yield from _wrapped(f"{number:<{_INDENT}}{step.label}", width)
    for also in step.also:
        yield from _wrapped(f"{'':{_INDENT}}{also}", width)
    for line in (where(step), *sent(step)):
        if line:
            yield cut(f"{'':{_INDENT}}{line}", width)
    yield ""
    panes = list(panes_of(step).items())
    side_by_side = columns(width)
    room = (width - _GAP * (side_by_side - 1)) // side_by_side
    for start in range(0, len(panes), side_by_side):
        yield from _beside([_pane(*pane, room) for pane in panes[start : start + side_by_side]])
        yield ""


def columns(width: int) -> int:
    """Return how many panes stand side by side."""
    return 4 if width >= _FOUR else 2 if width >= _TWO else 1


def where(step: Step) -> str:
    """Return the line of yours that did it, and where it stands."""
    if step.place is None:
        return ""
    outer = words.came_from(step)
    called = f", called from {words.place(outer)}" if outer else ""
    return f"{words.place(step.place)}{called}  {step.place.text}"


def sent(step: Step) -> Iterator[str]:
    """Yield what was sent, a line each."""
    for entry in step.entries:
        result = words.outcome(entry)
        yield f"  {words.sent(entry)}" + (f"  ({result})" if result else "")


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=" " * _INDENT, drop_whitespace=True) or [""]


def _pane(title: str, lines: Sequence[Line], width: int) -> list[str]:
    found = [title, "-" * width]
    for mark, line in lines:
        found += textwrap.wrap(f"{mark or ' '} {line}", width, subsequent_indent="    ")
    return [f"{line:<{width}}" for line in found]


def _beside(panes: list[list[str]]) -> Iterator[str]:
    widths = [len(pane[0]) for pane in panes]
    for lines in zip_longest(*panes, fillvalue=""):
        cells = (f"{line:<{width}}" for line, width in zip(lines, widths, strict=True))
        yield (" " * _GAP).join(cells).rstrip()


def panes_of(step: Step) -> dict[str, list[Line]]:
    """Return the lines of the four panes by their titles."""
    scene = step.scene
    objects = [line for card in scene.objects for line in _card(card)]
    return {
        words.PANES["objects"]: objects or [("", words.NO_OBJECTS)],
        words.PANES["session"]: list(_desk(scene.session)),
        words.PANES["transaction"]: list(_rows(scene.transaction)),
        words.PANES["database"]: list(_rows(scene.database)),
    }


def _card(card: Card) -> Iterator[Line]:
    yield card.mark, card.name
    yield "", f"  {words.state(card)}"
    for name, old, new in words.attributes(card):
        yield "", f"  {name} {f'{old} → ' if old else ''}{new}"
    if card.forgotten:
        yield "", f"  expired: {', '.join(card.forgotten)}"


def _desk(desk: Desk) -> Iterator[Line]:
    yield "", words.depth(desk)
    for name, slots in words.lists(desk):
        yield "", f"{name}:{'' if slots else ' none'}"
        for slot in slots:
            yield slot.mark, f"  {slot.name}"


def _rows(pane: Rows) -> Iterator[Line]:
    if pane.status != "open" or not pane.tables:
        yield "", pane.note or words.NO_TABLES
        return
    for table in pane.tables:
        nothing = table.note or ("" if table.rows else words.NO_ROWS)
        yield "", f"{table.name}:{' ' if nothing else ''}{nothing}"
        for row in table.rows:
            yield row.mark, f"  {_row(table.columns, row)}"
        if table.more:
            yield "", "  and more rows"


def _row(names: tuple[str, ...], row: Row) -> str:
    pairs = zip(names, row.values, strict=True)
    return ", ".join(f"{name} {value}" for name, value in pairs)
