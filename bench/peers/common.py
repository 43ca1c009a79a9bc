"""What all peers share: the arguments, the guards, the audit event. Never talks to a database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from case_tracker.adapters.sql.postgresql import DEFAULTS, session_settings
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

PAGE = 100
ACTOR = "bench"
DETAILS = '{"details": {"from": "%s", "to": "%s"}, "form": 1}'  # as json.dumps() writes it
SQLITE_PRAGMAS = (  # those of case_tracker.adapters.sql.sqlite
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=5000",
)
POSTGRES_OPTIONS = " ".join(f"-c {k}={v}" for k, v in session_settings(DEFAULTS).items())


class Peer(Protocol):
    """One way to keep cases. It is handed a database that has the app's tables and no rows."""

    name: str

    def __init__(self, url: str) -> None: ...

    def insert(self, cases: list[Case]) -> object:
        """Store all cases and their notes in one transaction."""

    def page(self, after: str) -> list[Any]:
        """Return the 100 living cases behind this id with their notes, from one transaction."""

    def count(self) -> int:
        """Return how many cases are alive."""

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> Any:
        """Read and lock the case, check version and step, write both, with an audit event."""

    def close(self) -> None:
        """Close every connection."""


class RefusedError(Exception):
    """A guard said no."""


def check(status: str, version: int, target: CaseStatus, expected_version: int) -> None:
    """Refuse what the service refuses: a version that has passed, a step that does not exist."""
    if version != expected_version:
        raise RefusedError("version")
    if target not in CaseStatus(status).next_steps:
        raise RefusedError("step")


def check_hit(rowcount: int) -> None:
    """Refuse when the versioned UPDATE found no row."""
    if rowcount != 1:
        raise RefusedError("version")


def audit_row(case_id: str, source: str, target: CaseStatus) -> dict[str, Any]:
    """Return the columns of the event that belongs to a step."""
    return {
        "id": uuid4().hex,
        "case_id": case_id,
        "actor": ACTOR,
        "event_type": "case_transitioned",
        "occurred_at": utc_now(),
        "details_json": DETAILS % (source, target.value),
    }


def case_row(case: Case, now: datetime) -> dict[str, Any]:
    """Return the columns of a new case."""
    return {
        "id": case.id.value,
        "title": case.title,
        "status": case.status.value,
        "reference": case.reference,
        "version": case.version,
        "created_at": now,
        "updated_at": now,
    }


@dataclass(frozen=True, slots=True)
class NoteRow:
    """What the driver and Core return: a note, checked by nobody."""

    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What the driver and Core return: a case, checked by nobody."""

    id: str
    title: str
    status: str
    version: int
    reference: str | None
    notes: tuple[NoteRow, ...] = ()


def head(case: Any) -> tuple[Any, ...]:
    """Return a case of any peer, without its notes, as values that can be compared."""
    return str(getattr(case.id, "value", case.id)), case.title, case.status, case.version


def plain(case: Any) -> tuple[Any, ...]:
    """Return a case of any peer with its notes."""
    notes = case.notes.all() if hasattr(case.notes, "all") else case.notes
    return *head(case), case.reference, [(note.text, _written_at(note)) for note in notes]


def _written_at(note: Any) -> datetime:
    at: datetime = note.created_at if hasattr(note, "created_at") else note.written_at
    return at.astimezone(UTC)
