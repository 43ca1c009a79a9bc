"""Whoever is refused is in somebody's way."""


class SqlRowImport:
    def add_each(self, cases, actor):
        refusals = []
        for case in cases:
            try:
                self._add(case)
            except REFUSED as reason:
                refusals.append(Refusal(case, reason))
                stored = clashing_case(self._session, case)
                self._audit_events.add(AuditEvent.import_refused(stored, actor, case))
                self._session.flush()
        return refusals
