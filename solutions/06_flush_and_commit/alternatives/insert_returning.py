"""Core asks for the id with RETURNING: no record is made, and nothing waits in the Session."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import CaseId, Note
from case_tracker.ports.repository import AuditEventRepository


class SqlNoteLog:
    def __init__(self, session: Session, audit_events: AuditEventRepository) -> None:
        self._session = session
        self._audit_events = audit_events

    def add(self, case_id: CaseId, note: Note, actor: Actor) -> int:
        statement = (
            insert(CaseNoteRecord)
            .values(case_id=case_id.value, text=note.text, created_at=note.written_at)
            .returning(CaseNoteRecord.id)
        )
        note_id = self._session.scalars(statement).one()
        self._audit_events.add(AuditEvent.note_added(case_id, actor, note_id))
        return note_id
