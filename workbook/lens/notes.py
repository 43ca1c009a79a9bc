"""What the Session and its objects told during one step, in the order in which it came.

Never interprets: the words for it are made in `labels`.
"""

from dataclasses import dataclass, field
from typing import Literal

from workbook.lens.stack import Call

Told = Literal[
    "made",  # a mapped class was instantiated
    "changed",  # an attribute was set, or a collection changed
    "attach",  # an object is about to enter the Session
    "put",  # it became pending
    "insert",  # a flush begins, and this object is new
    "update",  # a flush begins, and this object is dirty
    "delete",  # a flush begins, and this object is to be deleted
    "flushed",  # a flush ended
    "stored",  # pending became persistent
    "loaded",  # a row became an object
    "fresh",  # a row filled an object again
    "taken",  # a detached object entered the Session
    "removed",  # persistent became deleted
    "restored",  # deleted became persistent
    "forgotten",  # it became transient
    "let go",  # it became detached
    "expired",  # what it had loaded is forgotten
    "marked",  # Session.delete() was called
    "asked",  # a statement is about to be sent
    "commit",  # commit() begins
    "rollback",  # a rollback begins
    "begun",  # a transaction or a savepoint began in the Session
]


@dataclass(frozen=True, slots=True)
class Note:
    """One event, the object it is about, and what is needed to name the reason."""

    told: Told
    number: int | None = None
    name: str = ""
    detail: str = ""
    tables: tuple[str, ...] = ()


@dataclass(slots=True)
class Shot:
    """A step that is still going on: the running lines of user code, and the notes so far."""

    calls: list[Call]
    notes: list[Note] = field(default_factory=list)

    def numbers(self, *told: Told) -> list[int]:
        """Return the objects of these notes, each once, in the order in which they were met.

        The order of the notes can be another one in each run: an identity map is no list.
        """
        found = {note.number for note in self.notes if note.told in told}
        return sorted(number for number in found if number is not None)

    def goes_on(self, calls: list[Call]) -> bool:
        """Tell whether an event on these lines still belongs to this step."""
        if not calls or calls == self.calls:
            return True
        # session.add(make_case()) is one line, also when make_case() is a function of yours.
        making = {note.told for note in self.notes} <= {"made", "changed"}
        return making and calls == self.calls[-len(calls) :]
