"""Notes that the audit trail tells about, in memory. Never commits."""

from case_tracker.adapters.memory.store import State
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import CaseId, Note
from case_tracker.domain.errors import ConstraintViolatedError
from case_tracker.ports.repository import AuditEventRepository


class InMemoryNoteLog:
    """The way in for a note, with the state and the audit trail of one unit of work."""

    def __init__(self, state: State, audit_events: AuditEventRepository) -> None:
        self._state = state
        self._audit_events = audit_events

    def add(self, case_id: CaseId, note: Note, actor: Actor) -> int:
        """Keep the note, and an event that names it by its number; return the number.

        Raises:
            ConstraintViolatedError: no case has this id.
        """
        case = self._state.cases.get(case_id.value)
        if case is None:
            raise ConstraintViolatedError("fk_case_notes_case_id_cases")
        case.notes.append(note)
        self._state.last_note_id += 1
        self._audit_events.add(AuditEvent.note_added(case_id, actor, self._state.last_note_id))
        return self._state.last_note_id
