"""Many cases, each on its own, in memory. Never commits."""

from collections.abc import Iterable

from case_tracker.adapters.memory.repository import InMemoryCaseRepository
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseAlreadyExistsError, ReferenceTakenError
from case_tracker.ports.repository import AuditEventRepository
from case_tracker.ports.row_import import Refusal


class InMemoryRowImport:
    """The way in for many cases, with the cases and the audit trail of one unit of work."""

    def __init__(self, cases: InMemoryCaseRepository, audit_events: AuditEventRepository) -> None:
        self._cases = cases
        self._audit_events = audit_events

    def add_each(self, cases: Iterable[Case], actor: Actor) -> list[Refusal]:
        """Keep copies of the cases whose ids and references are free; return the others."""
        refusals = []
        for case in cases:
            try:
                self._cases.add(case)
            except CaseAlreadyExistsError as reason:
                refusals.append(Refusal(case, reason))
                stored = self._holder(case, reason)
                self._audit_events.add(AuditEvent.import_refused(stored, actor, case))
        return refusals

    def _holder(self, case: Case, reason: CaseAlreadyExistsError) -> CaseId:
        if not isinstance(reason, ReferenceTakenError):
            return case.id
        stored = self._cases.list(limit=self._cases.count())
        return next(other.id for other in stored if other.reference == case.reference)
