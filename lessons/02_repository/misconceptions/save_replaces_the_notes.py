"""Every note is deleted and written again."""

from case_tracker.adapters.sql.mapping import note_to_record


class SqlAlchemyCaseRepository:
    def save(self, case):
        record = self._session.get(CaseRecord, case.id.value)
        if record is None:
            raise CaseNotFoundError(case.id)
        record.title = case.title
        record.status = case.status.value
        record.notes = [note_to_record(note) for note in case.notes]
