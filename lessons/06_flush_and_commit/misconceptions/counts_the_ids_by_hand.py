"""The next id is one more than the last."""

from sqlalchemy import func, select

from case_tracker.adapters.sql.models import CaseNoteRecord


class SqlNoteLog:
    def add(self, case_id, note, actor):
        record = note_to_record(note)
        record.case_id = case_id.value
        record.id = (self._session.scalar(select(func.max(CaseNoteRecord.id))) or 0) + 1
        self._session.add(record)
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        return record.id
