"""Look at cases. Never changes anything: every unit here is a reading one."""

from collections.abc import Sequence
from dataclasses import dataclass

from case_tracker.domain.audit import AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView
from case_tracker.ports.unit_of_work import UnitsOfWork

MAX_PAGE = 100
MAX_OFFSET = 10**9  # an integer of a database has an end


@dataclass(frozen=True)
class CasePage:
    """One page and how many cases all pages together have."""

    cases: list[CaseView]
    total: int


def show_case(units: UnitsOfWork, case_id: CaseId) -> Case:
    """Return the case with its notes.

    Raises:
        CaseNotFoundError: no case has this id.
    """
    with units.read() as unit:
        return unit.cases.get(case_id)


def list_cases(
    units: UnitsOfWork, status: CaseStatus | None = None, *, limit: int = 20, offset: int = 0
) -> CasePage:
    """Return a page of cases, ordered by id, and the total, both from one state of the database.

    Raises:
        InvalidValueError: `limit` is not 1 to 100, or `offset` is not 0 to 1,000,000,000.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidValueError("limit", limit, f"is 1 to {MAX_PAGE}")
    if not 0 <= offset <= MAX_OFFSET:
        raise InvalidValueError("offset", offset, f"is 0 to {MAX_OFFSET}")
    with units.read() as unit:
        return CasePage(
            unit.pages.page(status, limit=limit, offset=offset), unit.pages.total(status)
        )


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
