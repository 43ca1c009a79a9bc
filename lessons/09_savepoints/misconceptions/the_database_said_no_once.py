"""The error is caught, so nothing has happened."""


class SqlRowImport:
    def _add(self, case):
        with translated_errors():
            self._imports.add_all([case])
