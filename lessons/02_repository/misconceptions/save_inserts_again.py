"""A second record with the same id is added."""


class SqlAlchemyCaseRepository:
    def save(self, case):
        if (
            self._session.scalar(select(CaseRecord.id).where(CaseRecord.id == case.id.value))
            is None
        ):
            raise CaseNotFoundError(case.id)
        self._session.add(to_record(case))
