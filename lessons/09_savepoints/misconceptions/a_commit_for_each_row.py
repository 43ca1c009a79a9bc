"""A savepoint is ended with a commit, as a transaction is."""


class SqlRowImport:
    def _add(self, case):
        self._session.begin_nested()
        try:
            with translated_errors():
                self._imports.add_all([case])
        except REFUSED:
            self._session.rollback()
            raise
        self._session.commit()
