"""A changed object comes from outside, and merge() copies it to the stored one."""

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class CaseRecord(Base):
    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]


def add_case(session: Session, case_id: str, title: str) -> CaseRecord:
    return session.merge(CaseRecord(id=case_id, title=title, status="DRAFT"))


SEEN_AFTER_ADD = {"before commit": 0, "after commit": 1}


def get_case(session: Session, case_id: str) -> CaseRecord | None:
    return session.query(CaseRecord).filter(CaseRecord.id == case_id).first()


FOUND_BEFORE_COMMIT = {"the same Session": True, "another Session": False}


def rename_case(session: Session, case_id: str, title: str) -> None:
    session.merge(CaseRecord(id=case_id, title=title))


SEEN_AFTER_RENAME = {"before commit": 0, "after commit": 1}


def delete_case(session: Session, case_id: str) -> None:
    case = get_case(session, case_id)
    if case is not None:
        session.delete(case)


SEEN_AFTER_DELETE = {"before commit": 1, "after commit": 0}
