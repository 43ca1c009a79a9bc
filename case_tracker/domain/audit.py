"""Who did what to which case, and when. An event is written once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from case_tracker.domain.case import Case, CaseId, is_storable
from case_tracker.domain.clock import utc_now
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus


@dataclass(frozen=True)
class Actor:
    """The person or program on whose behalf something is done."""

    name: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not is_storable(self.name):
            raise InvalidValueError("actor", self.name, "has a name")


@dataclass(frozen=True)
class AuditEvent:
    """One line of the audit trail. `details` holds only what JSON can hold."""

    case_id: CaseId
    actor: Actor
    event_type: str
    details: Mapping[str, str]
    occurred_at: datetime = field(default_factory=utc_now)
    id: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def case_transitioned(
        cls, case_id: CaseId, actor: Actor, source: CaseStatus, target: CaseStatus
    ) -> "AuditEvent":
        """Return the event that belongs to one step of the workflow."""
        details = {"from": source.value, "to": target.value}
        return cls(case_id, actor, "case_transitioned", details)

    @classmethod
    def note_added(cls, case_id: CaseId, actor: Actor, note_id: int) -> "AuditEvent":
        """Return the event that says who wrote which note."""
        return cls(case_id, actor, "note_added", {"note_id": str(note_id)})

    @classmethod
    def case_deleted(cls, case_id: CaseId, actor: Actor, title: str) -> "AuditEvent":
        """Return the event that says who took a case out of sight."""
        return cls(case_id, actor, "case_deleted", {"title": title})

    @classmethod
    def import_refused(cls, case_id: CaseId, actor: Actor, refused: Case) -> "AuditEvent":
        """Return the event that says which case was refused because of this one."""
        details = {"refused_id": refused.id.value, "refused_title": refused.title}
        return cls(case_id, actor, "import_refused", details)
