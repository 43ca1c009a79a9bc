"""The import is one thing, so it gets one savepoint."""


class SqlRowImport:
    def add_each(self, cases, actor):
        refusals = []
        savepoint = self._session.begin_nested()
        for case in cases:
            try:
                self._add(case)
            except REFUSED as reason:
                refusals.append(Refusal(case, reason))
        if refusals:
            savepoint.rollback()
        return refusals

    def _add(self, case):
        with translated_errors(), self._session.begin_nested():
            self._imports.add_all([case])
