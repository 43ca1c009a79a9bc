"""SQLModel: its own models on the app's tables, in a Session on the app's engine."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, Session, SQLModel, select

from bench.peers.common import PAGE, audit_row, case_row, check
from bench.peers.sql import build_engines
from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

LOCK = {"key_share": True}


class CaseModel(SQLModel, table=True):
    """A case."""

    __tablename__ = "cases"

    id: str = Field(primary_key=True)
    title: str
    status: str
    reference: str | None = None
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime, sa_column_kwargs={"onupdate": utc_now})
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    notes: list["NoteModel"] = Relationship(sa_relationship_kwargs={"order_by": "NoteModel.id"})


CaseModel.__mapper__.version_id_col = CaseModel.__table__.c.version
CaseModel.__mapper__.version_id_generator = False


class NoteModel(SQLModel, table=True):
    """A note."""

    __tablename__ = "case_notes"

    id: int | None = Field(default=None, primary_key=True)
    case_id: str = Field(foreign_key="cases.id")
    text: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class EventModel(SQLModel, table=True):
    """An audit event."""

    __tablename__ = "audit_events"

    sequence: int | None = Field(default=None, primary_key=True)
    id: str
    case_id: str = Field(foreign_key="cases.id")
    actor: str
    event_type: str
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    details_json: str


class SqlModel:
    """Pydantic classes that are records, too."""

    name = "SQLModel"
    package = "sqlmodel"

    def __init__(self, url: str) -> None:
        self._read, self._write = build_engines(url)
        self._lock = None if url.startswith("sqlite") else LOCK

    def insert(self, cases: list[Case]) -> None:
        """One add_all()."""
        now = utc_now()
        with Session(self._write) as session:
            session.add_all(
                CaseModel(
                    **case_row(case, now),
                    notes=[NoteModel(text=n.text, created_at=n.written_at) for n in case.notes],
                )
                for case in cases
            )
            session.commit()

    def page(self, after: str) -> list[CaseModel]:
        """Two SELECTs."""
        query = (
            select(CaseModel)
            .where(CaseModel.deleted_at.is_(None), CaseModel.id > after)
            .order_by(CaseModel.id)
            .limit(PAGE)
            .options(selectinload(CaseModel.notes))
        )
        with Session(self._read) as session:
            return list(session.exec(query))

    def count(self) -> int:
        """One SELECT."""
        query = select(func.count()).select_from(CaseModel)
        with Session(self._read) as session:
            return session.exec(query.where(CaseModel.deleted_at.is_(None))).one()

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseModel:
        """One SELECT, one UPDATE, one INSERT."""
        with Session(self._write, expire_on_commit=False) as session:
            case = session.get_one(CaseModel, case_id, with_for_update=self._lock)
            check(case.status, case.version, target, expected_version)
            session.add(EventModel(**audit_row(case_id, case.status, target)))
            case.status = target.value
            case.version += 1
            session.commit()
        return case

    def close(self) -> None:
        """Close the pool."""
        self._read.dispose()
