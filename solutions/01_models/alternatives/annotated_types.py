"""Kinds of columns get names; annotations are texts, resolved when the classes are mapped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.timestamps import Timestamped
from case_tracker.adapters.sql.versioning import VersionedRecord

Key = Annotated[str, mapped_column(String(40), primary_key=True)]
Number = Annotated[int, mapped_column(primary_key=True)]
ToCase = Annotated[str, mapped_column(ForeignKey("cases.id"))]
Title = Annotated[str, mapped_column(String(200))]
LongText = Annotated[str, mapped_column(Text)]


class Base(Conventions, DeclarativeBase):
    """The common base."""


class CaseRecord(VersionedRecord, Timestamped, Base):
    """One row of `cases`."""

    __tablename__ = "cases"

    id: Mapped[Key]
    title: Mapped[Title]
    status: Mapped[str] = mapped_column(String(20))

    notes: Mapped[list[CaseNoteRecord]] = relationship(
        order_by=lambda: CaseNoteRecord.id, cascade="all, delete-orphan"
    )


class CaseNoteRecord(Base):
    """One row of `case_notes`."""

    __tablename__ = "case_notes"

    id: Mapped[Number]
    case_id: Mapped[ToCase]
    text: Mapped[LongText]
    created_at: Mapped[datetime]
