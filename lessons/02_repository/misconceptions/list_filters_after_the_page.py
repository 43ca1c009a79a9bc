"""The page is cut first and filtered afterwards."""


class SqlAlchemyCaseRepository:
    def list(self, status=None, *, limit=100, offset=0):
        query = cases_with_notes().order_by(CaseRecord.id).limit(limit).offset(offset)
        cases = [to_domain(record) for record in self._session.scalars(query)]
        return [case for case in cases if status is None or case.status == status]
