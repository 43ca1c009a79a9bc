"""The caller is left with None."""


class SqlAlchemyCaseRepository:
    def get(self, case_id):
        record = self._session.get(CaseRecord, case_id.value)
        return to_domain(record) if record is not None else None
