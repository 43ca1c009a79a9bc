"""Open a case. The service decides when the work is done, so the commit stands here."""

from case_tracker.domain.case import Case, CaseId
from case_tracker.ports.unit_of_work import UnitsOfWork


def open_case(
    units: UnitsOfWork, case_id: CaseId, title: str, *, reference: str | None = None
) -> Case:
    """Store a new case in DRAFT and return it. One writing unit, committed before returning.

    Raises:
        CaseAlreadyExistsError: another case has this id or this reference.
        InvalidValueError: the title is empty or too long.
    """
    # TODO 4.1: hand the factory to the route; open_case(), in open_case.py, commits before
    #   it returns
    case = Case(case_id, title, reference=reference)
    with units.write() as unit:
        unit.cases.add(case)
    return case
