"""The Select that where() returns is thrown away."""


class SqlAlchemyCaseRepository:
    def list(self, status=None, *, limit=100, offset=0):
        query = cases_with_notes().order_by(CaseRecord.id).limit(limit).offset(offset)
        if status is not None:
            query.where(CaseRecord.status == status.value)
        return [to_domain(record) for record in self._session.scalars(query)]
