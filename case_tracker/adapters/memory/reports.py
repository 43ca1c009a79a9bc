"""Reports on cases in memory. Never changes anything."""

from collections.abc import Callable, Sequence
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from case_tracker.adapters.memory.repository import InMemoryCaseRepository
from case_tracker.domain.case import Case
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.reports import ReportLine

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
_KEYS: dict[str, Callable[[ReportLine], Any]] = {
    "id": lambda line: line.id,
    "title": lambda line: line.title,
    "notes": lambda line: -line.notes,
    "last_note": lambda line: -line.last_note.timestamp() if line.last_note else 0,
}


class InMemoryReports:
    """Reports on the cases of one unit of work."""

    def __init__(self, cases: InMemoryCaseRepository) -> None:
        self._cases = cases

    def find(self, words: str, *, sort: str = "id", limit: int = 20) -> Sequence[ReportLine]:
        """Return at most `limit` cases whose title contains `words`, in the order `sort`.

        Raises:
            InvalidValueError: no report is ordered like this.
        """
        if sort not in _KEYS:
            raise InvalidValueError("sort", sort, f"is one of {', '.join(_KEYS)}")
        wanted = words.translate(_SMALL)
        lines = [_line(case) for case in self._all() if wanted in case.title.translate(_SMALL)]
        return sorted(lines, key=_KEYS[sort])[:limit]

    def stale(self, since: datetime) -> Sequence[Case]:
        """Return the cases that are not closed and have no note from `since` on, ordered by id."""
        return [
            case
            for case in self._all()
            if case.status is not CaseStatus.CLOSED
            and all(note.written_at < since for note in case.notes)
        ]

    def _all(self) -> Sequence[Case]:
        return self._cases.list(limit=self._cases.count())


def _line(case: Case) -> ReportLine:
    written = [note.written_at for note in case.notes]
    last = max(written, default=None)
    return ReportLine(case.id.value, case.title, case.status, len(written), last)
