"""The savepoint is for the flush: that is where the error comes from."""

from case_tracker.adapters.sql.mapping import to_record


class SqlRowImport:
    def _add(self, case):
        self._session.add(to_record(case))
        with translated_errors(), self._session.begin_nested():
            self._session.flush()
