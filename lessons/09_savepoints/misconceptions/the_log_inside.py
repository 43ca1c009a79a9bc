"""First it is written down that somebody tries, then it is tried."""


class SqlRowImport:
    def add_each(self, cases, actor):
        refusals = []
        for case in cases:
            stored = clashing_case(self._session, case)
            try:
                with self._session.begin_nested():
                    if stored:
                        self._audit_events.add(AuditEvent.import_refused(stored, actor, case))
                    self._add(case)
            except REFUSED as reason:
                refusals.append(Refusal(case, reason))
        return refusals
