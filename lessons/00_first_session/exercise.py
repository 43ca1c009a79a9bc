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
    # TODO 0.1: give the Session the new case; do not commit
    CaseRecord(id=case_id, title=title, status="DRAFT")


# TODO 0.2: predict how many cases a second connection sees after add_case(), 0 or 1
SEEN_AFTER_ADD = {"before commit": ..., "after commit": ...}


def get_case(session: Session, case_id: str) -> CaseRecord | None:
    """Return the case with this id, or None. Reads no other row. The Session tracks the case."""
    # TODO 0.3: ask the Session for the stored case; do not make a new one
    return CaseRecord(id=case_id)


# TODO 0.4: one Session has added a case: predict how many get_case() finds, 0 or 1
FOUND_BEFORE_COMMIT = {"the same Session": ..., "another Session": ...}


def rename_case(session: Session, case_id: str, title: str) -> None:
    """Give a stored case a new title, nothing else. Reads no other row. The caller commits."""
    # TODO 0.5: load the case and set its title
    raise NotImplementedError("TODO 0.5")


# TODO 0.6: predict how many cases with the new title a second connection sees, 0 or 1
SEEN_AFTER_RENAME = {"before commit": ..., "after commit": ...}


def delete_case(session: Session, case_id: str) -> None:
    """Delete a stored case and no other. Reads no other row. The caller commits."""
    # TODO 0.7: load the case and mark it for deletion
    raise NotImplementedError("TODO 0.7")


# TODO 0.8: there was 1 case: predict how many a second connection sees, 0 or 1
SEEN_AFTER_DELETE = {"before commit": ..., "after commit": ...}
