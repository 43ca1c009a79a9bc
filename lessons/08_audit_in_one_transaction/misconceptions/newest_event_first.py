"""The page shows the newest event on top, so the query does."""


class SqlAlchemyAuditEventRepository:
    def list(self, case_id):
        query = (
            select(AuditEventRecord)
            .where(AuditEventRecord.case_id == case_id.value)
            .order_by(AuditEventRecord.sequence.desc())
        )
        return [_to_domain(record) for record in self._session.scalars(query)]
