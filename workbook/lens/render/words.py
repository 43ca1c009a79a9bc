"""What all renderers call things by the same name.

Never says where on this machine a file lies: a film travels, and its output is compared.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from workbook.lens.entries import Entry, Event, Frame, Statement, cut
from workbook.lens.statements import brief
from workbook.lens.steps import Card, Desk, Mark, Slot, Step

PANES = {
    "objects": "Your objects",
    "session": "The Session",
    "transaction": "This transaction",
    "database": "Another connection",
}
LISTS = {"new": "new", "dirty": "dirty", "deleted": "deleted", "identity_map": "identity map"}
MARKED: dict[Mark, str] = {"": "", "+": "came", "~": "changed", "-": "went"}
NO_OBJECTS = "none yet"
NO_ROWS = "no rows"
NO_TABLES = "no mapped class was met yet"


class Shown(Protocol):
    """What a renderer needs of a film."""

    @property
    def title(self) -> str:
        """The title, possibly empty."""

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, the first one is the beginning."""


def place(frame: Frame | None) -> str:
    """Return `exercise.py:24`; nothing where no line is known."""
    return frame.short if frame else ""


def came_from(step: Step) -> Frame | None:
    """Return the outermost line of yours, where that is not the line itself."""
    return step.frames[-1] if len(step.frames) > 1 else None


def sent(entry: Entry) -> str:
    """Return a statement or event on one line, without what a SELECT names."""
    if isinstance(entry, Statement):
        return brief(entry.text)
    if entry.kind in {"DDL", "OTHER"}:
        return brief(entry.detail)
    detail = "" if entry.detail == "implicit" else entry.detail
    return " ".join(filter(None, [str(entry.kind), entry.name, detail]))


def outcome(entry: Entry) -> str:
    """Return how it went: the error, or the rows that it changed."""
    if entry.error:
        return f"failed: {cut(entry.error.partition(': ')[2].partition(chr(10))[0], 100)}"
    if isinstance(entry, Event) or entry.rows is None:
        return ""
    return "1 row" if entry.rows == 1 else f"{entry.rows} rows"


def state(card: Card) -> str:
    """Return the state of an object: `persistent, expired`."""
    more = [", expired"] if card.expired else []
    more += [", of another Session"] if card.foreign else []
    return card.state + "".join(more)


def attributes(card: Card) -> Iterator[tuple[str, str, str]]:
    """Yield name, value before and value of each attribute; the value before only if it changed."""
    changes = {change.attribute: change for change in card.changes}
    for name, value in card.values:
        change = changes.pop(name, None)
        yield name, change.old if change else "", value
    for change in changes.values():
        yield change.attribute, change.old, change.new


def lists(desk: Desk) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    """Yield the name of each of the Session's lists, and what is in it."""
    for key, name in LISTS.items():
        yield name, getattr(desk, key)


def depth(desk: Desk) -> str:
    """Return how deep the Session is in transactions."""
    return {
        "": "outside of a transaction",
        "transaction": "inside a transaction",
        "savepoint": "inside a savepoint",
    }[desk.transaction]
