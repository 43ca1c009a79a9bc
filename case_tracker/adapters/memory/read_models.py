"""Pages of cases from memory. What is read here is never saved again."""

from case_tracker.adapters.memory.repository import InMemoryCaseRepository
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView


class InMemoryCasePages:
    """Cases, a page at a time."""

    def __init__(self, cases: InMemoryCaseRepository) -> None:
        self._cases = cases

    def page(
        self,
        status: CaseStatus | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        after: CaseId | None = None,
    ) -> list[CaseView]:
        """Return at most `limit` cases with their notes, ordered by id, behind `after`."""
        cases = self._cases.list(status, limit=self._cases.count())
        behind = [case for case in cases if after is None or case.id > after]
        return [_view(case) for case in behind[offset : offset + limit]]

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have."""
        return self._cases.count(status)


def _view(case: Case) -> CaseView:
    notes = tuple(case.notes)
    return CaseView(case.id.value, case.title, case.status, case.version, case.reference, notes)
