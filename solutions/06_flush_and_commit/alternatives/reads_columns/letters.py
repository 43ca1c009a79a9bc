"""A query that overwrites what the Session has, and a flush that is told apart from the staging."""

from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from case_tracker.adapters.sql.models import Base


class LetterRecord(Base):
    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[str] = mapped_column(unique=True)
    arrived_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shelf: Mapped[str] = mapped_column(server_default="nowhere yet")


def register(session: Session, letter: LetterRecord) -> None:
    session.add_all([letter])
    _check_now(session)


def _check_now(session: Session) -> None:
    session.flush()


def reread(session: Session, letter: LetterRecord) -> LetterRecord:
    query = select(LetterRecord).where(LetterRecord.id == letter.id)
    return session.scalars(query, execution_options={"populate_existing": True}).one()


_BY_ITSELF, _BY_THE_SESSION, _FROM_OUTSIDE = False, True, False
COUNTED = {
    "the connection, past the Session": int(_BY_ITSELF),
    "the Session, in SQL text": int(_BY_THE_SESSION),
    "another connection": int(_FROM_OUTSIDE),
}
