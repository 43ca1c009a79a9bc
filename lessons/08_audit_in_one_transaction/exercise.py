"""One step of the workflow, inside a unit that somebody else commits. Never commits by itself."""

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.unit_of_work import UnitOfWork


def take_step(unit: UnitOfWork, case: Case, target: CaseStatus, actor: Actor) -> None:
    """Stage the case in its new status and the audit event that says who moved it, and from where.

    Both belong to the unit: its commit stores them together, and any failure stores neither.

    Raises:
        InvalidTransitionError: the workflow has no such step; nothing was staged.
    """
    # TODO 8.2: move the case and write its event in the same unit, and nothing in between
    case.transition_to(target)
    unit.cases.save(case)
    unit.commit()
    unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, case.status, target))
