"""The exception is dealt with here, and ends here."""


class SqlAlchemyUnitOfWork:
    def __exit__(self, exc_type, exc, traceback):
        try:
            self.session.rollback()
        finally:
            self.session.close()
        return True
