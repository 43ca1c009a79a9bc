"""Who works with a unit opens it."""


def take_step(unit, case, target, actor):
    source = case.status
    case.transition_to(target)
    with unit:
        unit.cases.save(case)
        unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, source, target))
