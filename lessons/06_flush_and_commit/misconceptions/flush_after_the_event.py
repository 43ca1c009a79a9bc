"""The flush comes, one line too late."""


class SqlNoteLog:
    def add(self, case_id, note, actor):
        record = note_to_record(note)
        record.case_id = case_id.value
        self._session.add(record)
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        self._session.flush()
        return record.id
