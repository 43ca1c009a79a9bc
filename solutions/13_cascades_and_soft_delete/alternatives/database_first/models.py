"""The foreign key stands on the table, the cascades are named one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.soft_delete import Referenced, SoftDeleted
from case_tracker.adapters.sql.timestamps import Timestamped
from case_tracker.adapters.sql.versioning import VersionedRecord


class Base(Conventions, DeclarativeBase):
    """The common base."""


class CaseRecord(Referenced, SoftDeleted, VersionedRecord, Timestamped, Base):
    """One row of `cases`."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]

    notes: Mapped[list[CaseNoteRecord]] = relationship(
        order_by="CaseNoteRecord.id",
        cascade="save-update, merge, delete, delete-orphan",
        passive_deletes=True,
    )


class CaseNoteRecord(Base):
    """One row of `case_notes`."""

    __tablename__ = "case_notes"
    __table_args__ = (ForeignKeyConstraint(["case_id"], ["cases.id"], ondelete="CASCADE"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
