"""The commit fails, and the service goes on as if it had not."""

from case_tracker.domain.errors import CaseTrackerError


def open_case(units, case_id, title, *, reference=None):
    case = Case(case_id, title, reference=reference)
    with units.write() as unit:
        unit.cases.add(case)
        try:
            unit.commit()
        except CaseTrackerError:
            unit.rollback()
    return case
