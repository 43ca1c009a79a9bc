"""One use case, in SQLAlchemy. The page `from-other-orms.md` shows it beside three others."""

import uuid
from datetime import UTC, datetime

from desk import counted, database

# --8<-- [start:use-case]
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.models import CaseRecord


def submit_case(session: Session, case_id: str, actor: str) -> None:
    """Store the new status and its audit event together, or nothing."""
    with session.begin():  # commits at the end, rolls back when something is raised
        case = session.get_one(CaseRecord, case_id)
        if case.status != "DRAFT":
            raise ValueError(f"{case_id} is {case.status}")
        case.status = "SUBMITTED"
        session.add(submitted(case_id, actor))


def first_page(session: Session) -> list[CaseRecord]:
    """Return ten cases with their notes, in two SELECTs."""
    query = select(CaseRecord).options(selectinload(CaseRecord.notes))
    return list(session.scalars(query.order_by(CaseRecord.id).limit(10)))


# --8<-- [end:use-case]


def submitted(case_id, actor):
    return AuditEventRecord(
        id=str(uuid.uuid4()),
        case_id=case_id,
        actor=actor,
        event_type="case_submitted",
        occurred_at=datetime.now(UTC),
        details_json="{}",
    )


def what_it_sends():
    with database(cases=12, notes=2) as engine, counted(engine) as sent:
        with Session(engine) as session:
            submit_case(session, "CASE-001", "ana")
        with Session(engine) as session:
            page = first_page(session)
    print(*(f"{s.kind} {s.tables[0]}" for s in sent.statements), sep="\n")
    print(len(page), "cases,", page[0].id, "is", page[0].status)
