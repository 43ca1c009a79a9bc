"""An import must never stop."""


class SqlRowImport:
    def _add(self, case):
        try:
            with self._session.begin_nested():
                self._imports.add_all([case])
        except Exception as error:
            try:
                with translated_errors():
                    raise error
            except REFUSED:
                raise
            except Exception:
                raise ConstraintViolatedError("unknown") from error
