"""Letters that belong to cases, stamped by the database. Never commits: the caller does."""

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, Session, mapped_column

from case_tracker.adapters.sql.models import Base


class LetterRecord(Base):
    """One row of `letters`. A clerk writes the number; the database writes what follows it.

    `arrived_at` has a default in the table. A trigger writes `shelf`, right after the INSERT.
    """

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[str] = mapped_column(unique=True)
    arrived_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shelf: Mapped[str] = mapped_column(server_default="nowhere yet")


def register(session: Session, letter: LetterRecord) -> None:
    """Stage a letter, and let the database check it now: then it has its id. The caller commits.

    A number that is taken, or a case that does not exist, is refused here with the database's own
    error. The whole transaction is then undone.
    """
    # TODO 6.2: let the database check the letter here, and not at the caller's commit
    session.add(letter)


def reread(session: Session, letter: LetterRecord) -> LetterRecord:
    """Return the same letter, with what the database has in its columns by now.

    The letter was sent before. Emits 1 SELECT.
    """
    # TODO 6.3: bring the values that the database wrote behind the Session's back
    return letter


# TODO 6.4: a Session has added one letter, and nobody has flushed; put 0 or 1: how many
#   letters does each line count? The lines run from top to bottom
COUNTED = {
    "the connection, past the Session": ...,
    "the Session, in SQL text": ...,
    "another connection": ...,
}
