"""The caller gets the record, and with it the Session."""


class SqlAlchemyCaseRepository:
    def get(self, case_id):
        record = self._session.get(CaseRecord, case_id.value)
        if record is None:
            raise CaseNotFoundError(case_id)
        return record
