"""Pages to look at. What is read here is never saved again."""

from dataclasses import dataclass
from typing import Protocol

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus


@dataclass(frozen=True, slots=True)
class CaseView:
    """One line of a page: a case as it was when it was read."""

    id: str
    title: str
    status: CaseStatus
    version: int
    reference: str | None
    notes: tuple[Note, ...]

    def to_case(self) -> Case:
        """Return the case that this line shows, free to be changed."""
        notes = list(self.notes)
        case_id = CaseId(self.id)
        return Case(case_id, self.title, self.status, notes, self.reference, version=self.version)


class CasePages(Protocol):
    """Cases, a page at a time."""

    def page(
        self,
        status: CaseStatus | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        after: CaseId | None = None,
    ) -> list[CaseView]:
        """Return at most `limit` cases with their notes, ordered by id, after skipping `offset`.

        With `after`, the page begins behind that id, whether a case has it or not. That costs the
        same on every page; an offset reads all it skips.
        """
        ...

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have."""
        ...
