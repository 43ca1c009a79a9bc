"""The id is there after a commit, too."""


class SqlNoteLog:
    def add(self, case_id, note, actor):
        record = note_to_record(note)
        record.case_id = case_id.value
        self._session.add(record)
        self._session.commit()
        self._audit_events.add(AuditEvent.note_added(case_id, actor, record.id))
        return record.id
