"""Notes that the audit trail tells about. Flushes to learn their ids, and never commits."""

from sqlalchemy.orm import Session

from case_tracker.adapters.sql.mapping import note_to_record
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import CaseId, Note
from case_tracker.ports.repository import AuditEventRepository


class SqlNoteLog:
    """The way in for a note, in the Session and with the audit trail of one unit of work."""

    def __init__(self, session: Session, audit_events: AuditEventRepository) -> None:
        self._session = session
        self._audit_events = audit_events

    def add(self, case_id: CaseId, note: Note, actor: Actor) -> int:
        """Write the note, and an event that names it by its id; return the id.

        Note and event are stored together by the caller's commit, or not at all. A note that the
        database refuses raises here, with its own error, and has no event.
        """
        # TODO 6.1: let the database make the note's id before the event names it
        record = note_to_record(note)
        record.case_id = case_id.value
        self._session.add(record)
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        return record.id
