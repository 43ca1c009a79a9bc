"""close() is the line after rollback(), and nothing more."""


class SqlAlchemyUnitOfWork:
    def __exit__(self, exc_type, exc, traceback):
        self.rollback()
        self.session.close()
