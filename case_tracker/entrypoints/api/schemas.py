"""What goes over the wire. Separate from domain and records, so that each can change alone."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from case_tracker.domain.audit import AuditEvent
from case_tracker.domain.case import Case, Note
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.documents import Id, NoteText, Reference, Title
from case_tracker.ports.read_models import CaseView
from case_tracker.services.read_cases import CasePage


class OpenCaseRequest(BaseModel):
    """The body of POST /cases."""

    id: Id
    title: Title = Field(examples=["Late report"])
    reference: Reference | None = Field(None, examples=["INV-2026-17"])


class RenameCaseRequest(BaseModel):
    """The body of PATCH /cases/{case_id}."""

    model_config = ConfigDict(extra="forbid")  # nobody shall believe that a status was patched

    title: Title = Field(examples=["Very late report"])


class AddNoteRequest(BaseModel):
    """The body of POST /cases/{case_id}/notes."""

    text: NoteText = Field(examples=["called the client"])


class TransitionRequest(BaseModel):
    """The body of POST /cases/{case_id}/transitions."""

    target_status: CaseStatus = Field(examples=["SUBMITTED"])


class NoteResponse(BaseModel):
    """One note."""

    text: str
    written_at: datetime

    @classmethod
    def of(cls, note: Note) -> "NoteResponse":
        """Show a note."""
        return cls(text=note.text, written_at=note.written_at)


class CaseResponse(BaseModel):
    """One case, its notes oldest first."""

    id: str = Field(examples=["CASE-001"])
    title: str = Field(examples=["Late report"])
    status: CaseStatus
    version: int = Field(examples=[3])
    reference: str | None = Field(examples=["INV-2026-17"])
    notes: list[NoteResponse]

    @classmethod
    def of(cls, case: Case | CaseView) -> "CaseResponse":
        """Show a case."""
        return cls(
            id=case.id if isinstance(case.id, str) else case.id.value,
            title=case.title,
            status=case.status,
            version=case.version,
            reference=case.reference,
            notes=[NoteResponse.of(note) for note in case.notes],
        )


class CasePageResponse(BaseModel):
    """One page of cases, how many there are in all, and where the next page is."""

    cases: list[CaseResponse]
    total: int
    next: str | None = Field(examples=["/cases?limit=20&after=CASE-017"])

    @classmethod
    def of(
        cls, page: CasePage[Case] | CasePage[CaseView], following: str | None
    ) -> "CasePageResponse":
        """Show a page."""
        cases = [CaseResponse.of(case) for case in page.cases]
        return cls(cases=cases, total=page.total, next=following)


class AuditEventResponse(BaseModel):
    """One line of the audit trail."""

    event_type: str
    actor: str
    occurred_at: datetime
    details: dict[str, str]

    @classmethod
    def of(cls, event: AuditEvent) -> "AuditEventResponse":
        """Show an event."""
        return cls(
            event_type=event.event_type,
            actor=event.actor.name,
            occurred_at=event.occurred_at,
            details=dict(event.details),
        )
