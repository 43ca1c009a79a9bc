"""Pages to look at. What is read here is never saved again."""

from dataclasses import dataclass
from typing import Protocol

from case_tracker.domain.case import Note
from case_tracker.domain.status import CaseStatus


@dataclass(frozen=True, slots=True)
class CaseView:
    """One line of a page: a case as it was when it was read."""

    id: str
    title: str
    status: CaseStatus
    version: int
    notes: tuple[Note, ...]


class CasePages(Protocol):
    """Cases, a page at a time."""

    def page(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[CaseView]:
        """Return at most `limit` cases with their notes, ordered by id, after skipping `offset`."""
        ...

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have."""
        ...
