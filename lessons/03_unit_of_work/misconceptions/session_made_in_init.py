"""One Session for the whole life of the unit."""


class SqlAlchemyUnitOfWork:
    def __init__(self, session_factory):
        self.session = session_factory()

    def __enter__(self):
        self.cases = SqlAlchemyCaseRepository(self.session)
        self.audit_events = SqlAlchemyAuditEventRepository(self.session)
        return self
