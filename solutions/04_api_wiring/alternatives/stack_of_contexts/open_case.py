"""The unit of work is left by an ExitStack, as in a use case that opens more than one thing."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from case_tracker.domain.case import Case, CaseId

if TYPE_CHECKING:
    from case_tracker.ports.unit_of_work import UnitsOfWork


def open_case(
    units: UnitsOfWork, case_id: CaseId, title: str, *, reference: str | None = None
) -> Case:
    with ExitStack() as stack:
        unit = stack.enter_context(units.write())
        unit.cases.add(Case(case_id, title, reference=reference))
        unit.commit()
        return unit.cases.get(case_id)
