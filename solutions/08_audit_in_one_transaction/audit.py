# Derived from case_tracker/adapters/sql/audit.py.
# Change it there, then run `workbook dev sync`.
"""The audit trail in a SQL database. Events are added and read, never changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from case_tracker.adapters.sql.models import Base
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import CaseId

FORM = 1


class AuditEventRecord(Base):
    """One row of `audit_events`. `sequence` keeps the order in which events were added."""

    __tablename__ = "audit_events"

    sequence: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    # No ON DELETE: a case with a history cannot be deleted.
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    actor: Mapped[str]
    event_type: Mapped[str]
    occurred_at: Mapped[datetime]
    details_json: Mapped[str]


class SqlAlchemyAuditEventRepository:
    """The audit events that one Session sees."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, event: AuditEvent) -> None:
        """Stage one INSERT."""
        self._session.add(_to_record(event))

    def list(self, case_id: CaseId) -> Sequence[AuditEvent]:
        """Return the events of one case in the order in which they were added. Emits 1 SELECT."""
        query = (
            select(AuditEventRecord)
            .where(AuditEventRecord.case_id == case_id.value)
            .order_by(AuditEventRecord.sequence)
        )
        return [_to_domain(record) for record in self._session.scalars(query)]


def _to_record(event: AuditEvent) -> AuditEventRecord:
    return AuditEventRecord(
        id=event.id,
        case_id=event.case_id.value,
        actor=event.actor.name,
        event_type=event.event_type,
        occurred_at=event.occurred_at,
        details_json=write_details(event.details),
    )


def _to_domain(record: AuditEventRecord) -> AuditEvent:
    return AuditEvent(
        id=record.id,
        case_id=CaseId(record.case_id),
        actor=Actor(record.actor),
        event_type=record.event_type,
        occurred_at=record.occurred_at,
        details=read_details(record.details_json),
    )


def write_details(details: Mapping[str, str]) -> str:
    """Return the details as JSON text, under the number of their form: `{"form": 1, …}`.

    Rows of the audit trail stay for years. The number tells a later program how to read them.
    """
    return json.dumps({"form": FORM, "details": dict(details)}, sort_keys=True)


def read_details(stored: str) -> Mapping[str, str]:
    """Return the details of such a text; a text without a number is the details themselves.

    Raises:
        ValueError: the number is one that this program does not know.
    """
    payload: dict[str, Any] = json.loads(stored)
    if "form" not in payload:  # written before the forms had numbers
        return payload
    if payload["form"] != FORM:
        raise ValueError(f"details of form {payload['form']!r}; this program knows {FORM}")
    details: dict[str, str] = payload["details"]
    return details
