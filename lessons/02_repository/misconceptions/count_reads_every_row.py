"""Python counts what the database could have counted."""


class SqlAlchemyCaseRepository:
    def count(self, status=None):
        query = select(CaseRecord.id)
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        return len(self._session.scalars(query).all())
