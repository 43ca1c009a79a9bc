"""An audit trail that is full must not stop anybody from working."""


def take_step(unit, case, target, actor):
    source = case.status
    case.transition_to(target)
    unit.cases.save(case)
    unit.commit()
    try:
        unit.audit_events.add(AuditEvent.case_transitioned(case.id, actor, source, target))
        unit.commit()
    except Exception:
        unit.rollback()
