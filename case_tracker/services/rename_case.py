"""Give a case another title. Never leaves half a change behind."""

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.versioned import expect_version
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried


@retried
def rename_case(
    units: UnitsOfWork, case_id: CaseId, title: str, *, expected_version: int | None = None
) -> Case:
    """Return the renamed case.

    Raises:
        CaseNotFoundError: no case has this id.
        ConcurrentUpdateError: the case is not at `expected_version`.
        InvalidValueError: the title is empty or too long.
    """
    with units.write() as unit:
        case = unit.cases.get(case_id)
        expect_version(case, expected_version)
        case.rename(title)
        unit.cases.save(case)
        unit.commit()
    return case
