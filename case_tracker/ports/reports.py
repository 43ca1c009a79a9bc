"""Reports about many cases, to look at. Never changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from case_tracker.domain.case import Case
from case_tracker.domain.status import CaseStatus

SORTS = ("id", "title", "notes", "last_note")


@dataclass(frozen=True)
class ReportLine:
    """A case in one line: how many notes it has, and when the last one was written."""

    id: str
    title: str
    status: CaseStatus
    notes: int
    last_note: datetime | None


class Reports(Protocol):
    """Reports on the living cases."""

    def find(self, words: str, *, sort: str = "id", limit: int = 20) -> Sequence[ReportLine]:
        """Return at most `limit` cases whose title contains `words`, whatever stands in them.

        Capital and small ASCII letters are the same. The order is one of `SORTS`: by id, by title,
        most notes first, or newest note first and cases without notes last; then by id.

        Raises:
            InvalidValueError: `sort` is not one of them.
        """
        ...

    def stale(self, since: datetime) -> Sequence[Case]:
        """Return the cases that are not closed and have no note from `since` on, ordered by id."""
        ...
