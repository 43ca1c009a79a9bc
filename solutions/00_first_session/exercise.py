"""Your first Session: add a case, get it, rename it, delete it. Nobody in this file commits."""

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Knows every table of this file."""


class CaseRecord(Base):
    """One object of this class stands for one row of the table `cases`."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]


def add_case(session: Session, case_id: str, title: str) -> None:
    """Give the Session a new case with the status DRAFT. The caller commits."""
    session.add(CaseRecord(id=case_id, title=title, status="DRAFT"))


# How many cases does a second connection see when add_case() has returned?
SEEN_AFTER_ADD = {"before commit": 0, "after commit": 1}


def get_case(session: Session, case_id: str) -> CaseRecord | None:
    """Return the case with this id, or None. Reads no other row. The Session tracks the case."""
    return session.get(CaseRecord, case_id)


# One Session has added a case, and nobody has committed: how many cases does get_case() find?
FOUND_BEFORE_COMMIT = {"the same Session": 1, "another Session": 0}


def rename_case(session: Session, case_id: str, title: str) -> None:
    """Give a stored case a new title, nothing else. Reads no other row. The caller commits."""
    session.get_one(CaseRecord, case_id).title = title


# How many cases with the new title does a second connection see when rename_case() has returned?
SEEN_AFTER_RENAME = {"before commit": 0, "after commit": 1}


def delete_case(session: Session, case_id: str) -> None:
    """Delete a stored case and no other. Reads no other row. The caller commits."""
    session.delete(session.get_one(CaseRecord, case_id))


# There was one case. How many does a second connection see when delete_case() has returned?
SEEN_AFTER_DELETE = {"before commit": 1, "after commit": 0}
