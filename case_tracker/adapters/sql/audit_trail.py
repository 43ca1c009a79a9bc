"""The audit trail that the application runs on. Nobody changes an event, so nobody tracks it."""

from sqlalchemy import insert

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository, write_details
from case_tracker.adapters.sql.tables import AUDIT_EVENTS
from case_tracker.domain.audit import AuditEvent

_INSERT = insert(AUDIT_EVENTS)


class SqlAuditTrail(SqlAlchemyAuditEventRepository):
    """The audit events of one unit, written past the Session's bookkeeping."""

    def add(self, event: AuditEvent) -> None:
        """Write the event. Emits 1 INSERT; what waits in the Session goes first."""
        self._session.execute(_INSERT, _row(event))


def _row(event: AuditEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "case_id": event.case_id.value,
        "actor": event.actor.name,
        "event_type": event.event_type,
        "occurred_at": event.occurred_at,
        "details_json": write_details(event.details),
    }
