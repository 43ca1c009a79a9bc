"""The refusal is dealt with here, and ends here."""


class SqlNoteLog:
    def add(self, case_id, note, actor):
        record = note_to_record(note)
        record.case_id = case_id.value
        self._session.add(record)
        try:
            self._session.flush()
        except Exception:
            self._session.rollback()
            return 0
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        return record.id
