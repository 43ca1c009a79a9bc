"""Store many cases at once. All of them or none."""

from collections.abc import Sequence

from case_tracker.domain.case import Case
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried


@retried
def import_cases(units: UnitsOfWork, cases: Sequence[Case]) -> int:
    """Return how many cases were stored, each with its notes.

    Raises:
        CaseAlreadyExistsError: an id is taken, by a stored case or twice in `cases`.
    """
    with units.write() as unit:
        count = unit.imports.add_all(cases)
        unit.commit()
    return count
