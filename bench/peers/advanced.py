"""advanced-alchemy: its generic repositories and its base classes, on the app's engine."""

from datetime import datetime

from advanced_alchemy.base import DefaultBase
from advanced_alchemy.filters import LimitOffset, OrderBy
from advanced_alchemy.repository import SQLAlchemySyncRepository
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bench.peers.common import PAGE, audit_row, case_row, check
from bench.peers.sql import build_engines
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

LOCK = {"key_share": True}
INSTANT = DateTimeUTC(timezone=True)


class CaseModel(DefaultBase):
    """A case."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]
    reference: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(INSTANT)
    updated_at: Mapped[datetime] = mapped_column(INSTANT, onupdate=utc_now)
    deleted_at: Mapped[datetime | None] = mapped_column(INSTANT)
    notes: Mapped[list["NoteModel"]] = relationship(order_by="NoteModel.id")

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's


class NoteModel(DefaultBase):
    """A note."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(INSTANT)


class EventModel(DefaultBase):
    """An audit event."""

    __tablename__ = "audit_events"

    sequence: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    actor: Mapped[str]
    event_type: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(INSTANT)
    details_json: Mapped[str]


class Cases(SQLAlchemySyncRepository[CaseModel]):
    """The generic repository of cases."""

    model_type = CaseModel


class Events(SQLAlchemySyncRepository[EventModel]):
    """The generic repository of audit events."""

    model_type = EventModel


class AdvancedAlchemy:
    """Records behind generic repositories."""

    name = "advanced-alchemy"
    package = "advanced-alchemy"

    def __init__(self, url: str) -> None:
        self._read, self._write = build_engines(url)
        self._lock = None if url.startswith("sqlite") else LOCK

    def insert(self, cases: list[Case]) -> None:
        """One add_many()."""
        now = utc_now()
        models = [
            CaseModel(
                **case_row(case, now),
                notes=[NoteModel(text=n.text, created_at=n.written_at) for n in case.notes],
            )
            for case in cases
        ]
        with Session(self._write, expire_on_commit=False) as session:
            Cases(session=session).add_many(models)
            session.commit()

    def page(self, after: str) -> list[CaseModel]:
        """Two SELECTs."""
        living = (CaseModel.deleted_at.is_(None), CaseModel.id > after)
        with Session(self._read) as session:
            return Cases(session=session).list(
                *living, LimitOffset(PAGE, 0), OrderBy("id"), load=[CaseModel.notes]
            )

    def count(self) -> int:
        """One SELECT."""
        with Session(self._read) as session:
            return Cases(session=session).count(CaseModel.deleted_at.is_(None))

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseModel:
        """What get(), update() and add() of its repositories send."""
        with Session(self._write, expire_on_commit=False) as session:
            cases = Cases(session=session)
            case = cases.get(case_id, with_for_update=self._lock)
            check(case.status, case.version, target, expected_version)
            source, case.status = case.status, target.value
            case.version += 1
            cases.update(case)
            Events(session=session).add(EventModel(**audit_row(case_id, source, target)))
            session.commit()
        return case

    def close(self) -> None:
        """Close the pool."""
        self._read.dispose()
