"""The exception is dealt with here, and ends here."""


class SqlAlchemyUnitOfWork:
    def __exit__(self, exc_type, exc, traceback):
        if exc_type is not None:
            self.session.rollback()
        self.session.close()
        return True
