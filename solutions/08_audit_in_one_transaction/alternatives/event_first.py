"""The event is staged first: inside one transaction nobody sees the order."""

from __future__ import annotations

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.unit_of_work import UnitOfWork


def take_step(unit: UnitOfWork, case: Case, target: CaseStatus, actor: Actor) -> None:
    event = AuditEvent.case_transitioned(case.id, actor, case.status, target)
    case.transition_to(target)
    unit.audit_events.add(event)
    unit.cases.save(case)
