"""The repository ends the transaction of its caller."""


class SqlAlchemyCaseRepository:
    def save(self, case):
        record = self._session.get(CaseRecord, case.id.value)
        if record is None:
            raise CaseNotFoundError(case.id)
        update_record(record, case)
        self._session.commit()
