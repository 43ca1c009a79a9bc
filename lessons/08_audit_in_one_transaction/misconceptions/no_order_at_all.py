"""The rows come back as they were inserted anyway."""


class SqlAlchemyAuditEventRepository:
    def list(self, case_id):
        query = select(AuditEventRecord).where(AuditEventRecord.case_id == case_id.value)
        return [_to_domain(record) for record in self._session.scalars(query)]
