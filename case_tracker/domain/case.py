"""A case and its notes. Plain Python: never knows that there is a database."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from case_tracker.domain.clock import utc_now
from case_tracker.domain.errors import InvalidTransitionError, InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.domain.versioned import Versioned

MAX_ID_LENGTH = 40
MAX_TITLE_LENGTH = 200
MAX_NOTE_LENGTH = 10_000
MAX_REFERENCE_LENGTH = 60
ID_PATTERN = rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_ID_LENGTH - 1}}}"
_ID = re.compile(ID_PATTERN)
_SURROGATE = re.compile("[\ud800-\udfff]")  # what a byte becomes on a command line in no UTF-8


@dataclass(frozen=True, order=True)
class CaseId:
    """The name of a case, chosen by the client: `CASE-001`."""

    value: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.value):
            rule = f"has 1 to {MAX_ID_LENGTH} letters, digits, dots, dashes or underscores"
            raise InvalidValueError("case id", self.value, rule)


@dataclass(frozen=True)
class Note:
    """One remark on a case. Written once, never changed."""

    text: str
    written_at: datetime = field(default_factory=utc_now, compare=False)

    def __post_init__(self) -> None:
        _check_text("note text", self.text, MAX_NOTE_LENGTH)


@dataclass
class Case(Versioned):
    """What happened, where it stands, and what was noted, oldest note first.

    `reference` is the number under which another system knows the case.
    """

    id: CaseId
    title: str
    status: CaseStatus = CaseStatus.DRAFT
    notes: list[Note] = field(default_factory=list)
    reference: str | None = None

    def __post_init__(self) -> None:
        _check_text("title", self.title, MAX_TITLE_LENGTH)
        if self.reference is not None:
            _check_text("reference", self.reference, MAX_REFERENCE_LENGTH)

    def rename(self, title: str) -> None:
        """Give the case another title.

        Raises:
            InvalidValueError: the title is empty or too long.
        """
        _check_text("title", title, MAX_TITLE_LENGTH)
        self.title = title

    def add_note(self, note: Note) -> None:
        """Append a note; notes are never removed or reordered."""
        self.notes.append(note)

    def transition_to(self, target: CaseStatus) -> None:
        """Take one step of the workflow.

        Raises:
            InvalidTransitionError: there is no step from the current status to `target`.
        """
        if target not in self.status.next_steps:
            raise InvalidTransitionError(self.id, self.status, target)
        self.status = target


def _check_text(what: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest or not is_storable(text):
        raise InvalidValueError(what, text[:60], f"has 1 to {longest} characters and is not blank")


def is_storable(text: str) -> bool:
    """Say whether every database can keep this text: no NUL, and nothing that UTF-8 lacks."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))
