"""The case has moved before its old status is read."""


def take_step(unit, case, target, actor):
    case.transition_to(target)
    unit.cases.save(case)
    unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, case.status, target))
