"""Take one step of the workflow. The new status and its audit event are stored together."""

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.domain.versioned import expect_version
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried
from case_tracker.services.workflow_step import take_step


@retried
def transition_case(
    units: UnitsOfWork,
    case_id: CaseId,
    target: CaseStatus,
    actor: Actor,
    *,
    expected_version: int | None = None,
) -> Case:
    """Return the case in its new status. Case and audit event commit together or not at all.

    Raises:
        CaseNotFoundError: no case has this id.
        ConcurrentUpdateError: the case is not at `expected_version`.
        InvalidTransitionError: the workflow has no such step.
    """
    with units.write() as unit:
        case = unit.cases.get(case_id)
        expect_version(case, expected_version)
        take_step(unit, case, target, actor)
        unit.commit()
    return case
