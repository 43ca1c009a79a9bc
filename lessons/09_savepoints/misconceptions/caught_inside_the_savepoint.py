"""There is a savepoint around it, so nothing of a refused case is left."""


class SqlRowImport:
    def _add(self, case):
        refused = None
        with self._session.begin_nested():
            try:
                with translated_errors():
                    self._imports.add_all([case])
            except REFUSED as error:
                refused = error
        if refused:
            raise refused
