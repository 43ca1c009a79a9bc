"""The Session is closed before the notes are read."""


class SqlAlchemyCaseRepository:
    def get(self, case_id):
        with self._session as session:
            record = session.get(CaseRecord, case_id.value)
        if record is None:
            raise CaseNotFoundError(case_id)
        return to_domain(record)
