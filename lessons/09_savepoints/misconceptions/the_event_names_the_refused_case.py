"""The event is about the refused case, so it belongs to it."""


class SqlRowImport:
    def add_each(self, cases, actor):
        refusals = []
        for case in cases:
            try:
                self._add(case)
            except REFUSED as reason:
                refusals.append(Refusal(case, reason))
                self._audit_events.add(AuditEvent.import_refused(case.id, actor, case))
        return refusals
