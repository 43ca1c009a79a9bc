"""Look at cases. Never changes anything: every unit here is a reading one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from case_tracker.domain.audit import AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView
from case_tracker.ports.unit_of_work import UnitsOfWork

Shown = TypeVar("Shown", Case, CaseView)

MAX_PAGE = 100
MAX_OFFSET = 10**9  # an integer of a database has an end


@dataclass(frozen=True)
class CasePage(Generic[Shown]):
    """One page and how many cases all pages together have."""

    cases: Sequence[Shown]
    total: int
    next_after: CaseId | None = None
    """Where the next page begins; None when this one is the last."""

    @classmethod
    def cut(cls, cases: Sequence[Shown], total: int, limit: int) -> "CasePage[Shown]":
        """Return the page of the first `limit` of these cases: one more tells that it goes on."""
        page, more = cases[:limit], len(cases) > limit
        last = page[-1].id if more else None
        return cls(page, total, CaseId(last) if isinstance(last, str) else last)


def show_case(units: UnitsOfWork, case_id: CaseId) -> Case:
    """Return the case with its notes.

    Raises:
        CaseNotFoundError: no case has this id.
    """
    with units.read() as unit:
        return unit.cases.get(case_id)


def list_cases(
    units: UnitsOfWork,
    status: CaseStatus | None = None,
    *,
    limit: int = 20,
    offset: int = 0,
    after: CaseId | None = None,
) -> CasePage[CaseView]:
    """Return a page of cases, ordered by id, and the total, both from one state of the database.

    The page begins behind the id `after`, or skips `offset` cases.

    Raises:
        InvalidValueError: there is no such page, see `check_page`.
    """
    check_page(limit, offset, after)
    with units.read() as unit:
        # One more than asked for tells whether another page follows, without counting again.
        cases = unit.pages.page(status, limit=limit + 1, offset=offset, after=after)
        total = unit.pages.total(status)
    return CasePage.cut(cases, total, limit)


def check_page(limit: int, offset: int, after: CaseId | None) -> None:
    """Let a page be read that can be.

    Raises:
        InvalidValueError: `limit` is not 1 to 100, `offset` is not 0 to 1,000,000,000, or both
            `offset` and `after` are given.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidValueError("limit", limit, f"is 1 to {MAX_PAGE}")
    if not 0 <= offset <= MAX_OFFSET:
        raise InvalidValueError("offset", offset, f"is 0 to {MAX_OFFSET}")
    if offset and after is not None:
        raise InvalidValueError("offset", offset, "is 0 together with after")


def count_cases(units: UnitsOfWork, status: CaseStatus | None = None) -> int:
    """Return how many cases there are, in this status if one is given."""
    with units.read() as unit:
        return unit.cases.count(status)


def case_history(units: UnitsOfWork, case_id: CaseId) -> Sequence[AuditEvent]:
    """Return the audit trail of a case, oldest event first.

    Raises:
        CaseNotFoundError: no case has this id.
    """
    with units.read() as unit:
        unit.cases.get(case_id)
        return unit.audit_events.list(case_id)
