"""The id is in the database, so it has to be read."""


class SqlNoteLog:
    def add(self, case_id, note, actor):
        record = note_to_record(note)
        record.case_id = case_id.value
        self._session.add(record)
        self._session.refresh(record)
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        return record.id
