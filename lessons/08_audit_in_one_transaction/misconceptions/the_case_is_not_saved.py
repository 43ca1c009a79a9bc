"""The case has its new status, so it will be stored."""


def take_step(unit, case, target, actor):
    source = case.status
    case.transition_to(target)
    unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, source, target))
