"""The Session knows where the savepoint is, so its rollback goes there."""


class SqlRowImport:
    def _add(self, case):
        savepoint = self._session.begin_nested()
        try:
            with translated_errors():
                self._imports.add_all([case])
        except REFUSED:
            self._session.rollback()
            raise
        savepoint.commit()
