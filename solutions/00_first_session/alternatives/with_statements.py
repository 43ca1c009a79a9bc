"""Statements in place of tracked objects: select(), update() and delete()."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class CaseRecord(Base):
    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]


def add_case(session: Session, case_id: str, title: str) -> None:
    case = CaseRecord(id=case_id, title=title, status="DRAFT")
    session.add(case)
    session.flush()


SEEN_AFTER_ADD = {"before commit": 0, "after commit": 1}


def get_case(session: Session, case_id: str) -> CaseRecord | None:
    return session.scalars(select(CaseRecord).where(CaseRecord.id == case_id)).one_or_none()


FOUND_BEFORE_COMMIT = {"the same Session": 1, "another Session": 0}


def rename_case(session: Session, case_id: str, title: str) -> None:
    session.execute(update(CaseRecord).where(CaseRecord.id == case_id).values(title=title))


SEEN_AFTER_RENAME = {"before commit": 0, "after commit": 1}


def delete_case(session: Session, case_id: str) -> None:
    session.execute(delete(CaseRecord).where(CaseRecord.id == case_id))


SEEN_AFTER_DELETE = {"before commit": 1, "after commit": 0}
