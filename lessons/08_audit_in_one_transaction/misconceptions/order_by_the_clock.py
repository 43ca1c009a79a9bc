"""A history is what happened, in the order of its times."""


class SqlAlchemyAuditEventRepository:
    def list(self, case_id):
        query = (
            select(AuditEventRecord)
            .where(AuditEventRecord.case_id == case_id.value)
            .order_by(AuditEventRecord.occurred_at, AuditEventRecord.sequence)
        )
        return [_to_domain(record) for record in self._session.scalars(query)]
