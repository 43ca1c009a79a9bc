"""Store the good ones of many cases, and tell which are bad. One commit for all of them."""

from collections.abc import Sequence

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case
from case_tracker.ports.row_import import Refusal
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried


@retried
def import_each(units: UnitsOfWork, cases: Sequence[Case], actor: Actor) -> list[Refusal]:
    """Return the cases that were refused, in their order; all others are stored with their notes.

    The history of the case that stood in the way of a refused one tells of it.
    """
    with units.write() as unit:
        refusals = unit.row_import.add_each(cases, actor)
        unit.commit()
    return refusals
