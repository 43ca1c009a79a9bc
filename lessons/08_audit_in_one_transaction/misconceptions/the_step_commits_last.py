"""All is staged; now it can be stored."""


def take_step(unit, case, target, actor):
    source = case.status
    case.transition_to(target)
    unit.cases.save(case)
    unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, source, target))
    unit.commit()
