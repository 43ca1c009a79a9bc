"""Only an exception ends the transaction."""


class SqlAlchemyUnitOfWork:
    def __exit__(self, exc_type, exc, traceback):
        if exc_type is not None:
            self.session.rollback()
