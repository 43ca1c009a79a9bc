"""Reports about many cases. Never changes anything: every unit here is a reading one."""

from collections.abc import Sequence
from datetime import datetime

from case_tracker.domain.case import Case
from case_tracker.ports.reports import ReportLine
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.read_cases import check_page


def find_cases(
    units: UnitsOfWork, words: str, *, sort: str = "id", limit: int = 20
) -> Sequence[ReportLine]:
    """Return at most `limit` living cases whose title contains `words`, in the order `sort`.

    Raises:
        InvalidValueError: `sort` is not one of `SORTS`, or `limit` is not 1 to 100.
    """
    check_page(limit, 0, None)
    with units.read() as unit:
        return unit.reports.find(words, sort=sort, limit=limit)


def stale_cases(units: UnitsOfWork, since: datetime) -> Sequence[Case]:
    """Return the living cases that are not closed and have no note from `since` on, by id."""
    with units.read() as unit:
        return unit.reports.stale(since)
