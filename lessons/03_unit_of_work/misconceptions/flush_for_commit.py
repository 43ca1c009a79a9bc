"""The INSERT is sent, and undone a moment later."""


class SqlAlchemyUnitOfWork:
    def commit(self):
        self.session.flush()
