"""The end of the block is taken for the end of the work."""


class SqlAlchemyUnitOfWork:
    def __exit__(self, exc_type, exc, traceback):
        try:
            if exc_type is None:
                self.session.commit()
            else:
                self.session.rollback()
        finally:
            self.session.close()
