"""Five small functions over one table: what every grader of the benchmark runs."""

from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Knows the table."""


class CaseRecord(Base):
    """One row of `cases`."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]


def add(session: Session, case_id: str, title: str) -> None:
    """Stage a new case."""
    session.add(CaseRecord(id=case_id, title=title))


def title_of(session: Session, case_id: str) -> str | None:
    """Return the title of a case, or None."""
    case = session.get(CaseRecord, case_id)
    return case.title if case else None


def titles(session: Session) -> list[str]:
    """Return all titles, ordered by id."""
    return list(session.scalars(select(CaseRecord.title).order_by(CaseRecord.id)))


def rename(session: Session, case_id: str, title: str) -> None:
    """Give a stored case another title."""
    session.get_one(CaseRecord, case_id).title = title


def count(session: Session) -> int:
    """Return how many cases there are."""
    return session.scalars(select(func.count()).select_from(CaseRecord)).one()
