"""Take a case out of sight. Its rows and its history stay: nobody can rewrite what happened."""

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import CaseId
from case_tracker.domain.versioned import expect_version
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried


@retried
def delete_case(
    units: UnitsOfWork, case_id: CaseId, actor: Actor, *, expected_version: int | None = None
) -> None:
    """Hide the case from every read, with an audit event in the same transaction.

    Raises:
        CaseNotFoundError: no case has this id.
        ConcurrentUpdateError: the case is not at `expected_version`.
    """
    with units.write() as unit:
        case = unit.cases.get(case_id)
        expect_version(case, expected_version)
        unit.cases.remove(case)
        unit.audit_events.add(AuditEvent.case_deleted(case_id, actor, case.title))
        unit.commit()
