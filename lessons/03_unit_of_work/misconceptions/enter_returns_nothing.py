"""The block gets None."""


class SqlAlchemyUnitOfWork:
    def __enter__(self):
        self.session = self._session_factory()
        self.cases = SqlAlchemyCaseRepository(self.session)
        self.audit_events = SqlAlchemyAuditEventRepository(self.session)
