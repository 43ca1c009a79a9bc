"""Pages of cases from memory. What is read here is never saved again."""

from case_tracker.adapters.memory.repository import InMemoryCaseRepository
from case_tracker.domain.case import Case
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView


class InMemoryCasePages:
    """Cases, a page at a time."""

    def __init__(self, cases: InMemoryCaseRepository) -> None:
        self._cases = cases

    def page(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[CaseView]:
        """Return at most `limit` cases with their notes, ordered by id."""
        return [_view(case) for case in self._cases.list(status, limit=limit, offset=offset)]

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have."""
        return self._cases.count(status)


def _view(case: Case) -> CaseView:
    notes = tuple(case.notes)
    return CaseView(case.id.value, case.title, case.status, case.version, case.reference, notes)
