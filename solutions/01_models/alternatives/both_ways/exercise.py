"""A note knows its case, and a case its notes. The columns say NOT NULL twice, for the reader."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.timestamps import Timestamped
from case_tracker.adapters.sql.versioning import VersionedRecord


class Base(Conventions, DeclarativeBase):
    """The common base."""


class CaseRecord(VersionedRecord, Timestamped, Base):
    """One row of `cases`."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(200), nullable=False)
    status: Mapped[str] = mapped_column(String(20), nullable=False)

    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        back_populates="case",
        order_by="CaseNoteRecord.id",
        cascade="save-update, merge, delete, delete-orphan",
    )


class CaseNoteRecord(Base):
    """One row of `case_notes`."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey(CaseRecord.id), nullable=False, index=True)
    text: Mapped[str] = mapped_column(nullable=False)
    created_at: Mapped[datetime] = mapped_column(nullable=False)

    case: Mapped[CaseRecord] = relationship(back_populates="notes")
