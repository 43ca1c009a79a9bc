"""What a film is made of: steps, and in each of them four panes. Plain values, all of them frozen.

Never holds a Session, a connection or one of your objects: a film outlives them and disturbs none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from workbook.lens.entries import Entry, Frame

Mark = Literal["", "+", "~", "-"]
"""What happened to this since the step before: nothing, came, changed, went."""

State = Literal["transient", "pending", "persistent", "deleted", "detached"]

List = Literal["new", "dirty", "deleted", "identity_map"]
"""The lists of the Session."""

Depth = Literal["", "transaction", "savepoint"]
"""How deep in transactions the Session is."""

Status = Literal[
    "open",  # the rows were read
    "none",  # no transaction is open
    "waiting",  # a transaction is open, and looking into it now would change it
    "aborted",  # PostgreSQL refuses every statement until ROLLBACK
    "off",  # reading is switched off, or impossible; the note says why
]


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute with a new value that is not flushed yet; texts are short."""

    attribute: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Card:
    """One of your objects: its number in the film, its name and its state.

    `values` are the loaded column attributes, `forgotten` those that the next read asks for.
    `lists` are the Session's lists that it is in. Its row is in `tables`, its own table first.
    """

    number: int
    name: str
    kind: str
    key: str | None
    state: State
    expired: bool
    foreign: bool
    values: tuple[tuple[str, str], ...]
    forgotten: tuple[str, ...]
    changes: tuple[Change, ...]
    lists: frozenset[List]
    tables: tuple[str, ...]
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """An object in one of the Session's four lists."""

    number: int
    name: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """The Session: its four lists, and how deep in transactions it is."""

    new: tuple[Slot, ...] = ()
    dirty: tuple[Slot, ...] = ()
    deleted: tuple[Slot, ...] = ()
    identity_map: tuple[Slot, ...] = ()
    transaction: Depth = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the driver returned it; `changed` names the columns that differ from before."""

    key: str
    values: tuple[str, ...]
    changed: tuple[str, ...] = ()
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a table in the order of its key; a note instead where it has none to show.

    `more` says that there are more rows than are shown.
    """

    name: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    more: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What one connection sees."""

    status: Status
    note: str = ""
    tables: tuple[Table, ...] = ()

    def table(self, name: str) -> Table | None:
        """Return the table of this name, or None."""
        return next((table for table in self.tables if table.name == name), None)


@dataclass(frozen=True, slots=True)
class Scene:
    """The four panes at one moment."""

    objects: tuple[Card, ...]
    session: Desk
    transaction: Rows
    database: Rows

    @property
    def changed(self) -> bool:
        """Tell whether anything in a marked scene bears a mark."""
        desk = self.session
        slots = (*desk.new, *desk.dirty, *desk.deleted, *desk.identity_map)
        rows = (*_rows(self.transaction), *_rows(self.database))
        marks = {*_marks(self.objects), *_marks(slots), *_marks(rows)}
        return bool(marks - {""})


def _marks(things: Iterable[Card | Slot | Row]) -> Iterator[Mark]:
    return (thing.mark for thing in things)


def _rows(pane: Rows) -> list[Row]:
    return [row for table in pane.tables for row in table.rows]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing your code did: what to call it, where, what was sent, and the picture afterwards.

    `also` is what is worth saying beside the label. `frames` are the running lines of user code,
    innermost first; `entries` the statements and events of this Session since the step before.
    """

    number: int
    label: str
    frames: tuple[Frame, ...]
    entries: tuple[Entry, ...]
    scene: Scene
    also: tuple[str, ...] = ()

    @property
    def place(self) -> Frame | None:
        """The innermost line of user code, or None where no line is known."""
        return self.frames[0] if self.frames else None
