"""First it is written down, then it is done."""


def take_step(unit, case, target, actor):
    source = case.status
    case.transition_to(target)
    unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, source, target))
    unit.commit()
    unit.cases.save(case)
