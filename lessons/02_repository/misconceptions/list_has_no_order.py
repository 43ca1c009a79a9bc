"""The order is left to the database."""


class SqlAlchemyCaseRepository:
    def list(self, status=None, *, limit=100, offset=0):
        query = cases_with_notes().limit(limit).offset(offset)
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        return [to_domain(record) for record in self._session.scalars(query)]
