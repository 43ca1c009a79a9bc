"""The tables of cases and notes, as mapped classes. Records never leave the sql adapter."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.soft_delete import Referenced, SoftDeleted
from case_tracker.adapters.sql.timestamps import Timestamped
from case_tracker.adapters.sql.versioning import VersionedRecord


class Base(Conventions, DeclarativeBase):
    """The common base: it knows every table, in `Base.metadata`."""


class CaseRecord(Referenced, SoftDeleted, VersionedRecord, Timestamped, Base):
    """One row of `cases`. The id is text, chosen by the client; title and status are required.

    `notes` come in the order of their ids. A note that is taken out of them is deleted, and so are
    all notes of a case that is deleted.
    """

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]

    notes: Mapped[list["CaseNoteRecord"]] = relationship(
        order_by="CaseNoteRecord.id", cascade="all, delete-orphan", passive_deletes=True
    )


class CaseNoteRecord(Base):
    """One row of `case_notes`. The database makes the id, and refuses a note of an unknown case.

    Every note has a case, a text and the time when it was written.
    """

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    text: Mapped[str]
    created_at: Mapped[datetime]
