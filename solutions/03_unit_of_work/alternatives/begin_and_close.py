"""begin() stands in __enter__; commit() ends what was refused, and close() ends the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker


class SqlAlchemyUnitOfWork:
    """The transaction begins with the block, and ends with it at the latest."""

    session: Session

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __enter__(self) -> Self:
        self.session = self._session_factory()
        self.session.begin()
        self.cases = SqlAlchemyCaseRepository(self.session)
        self.audit_events = SqlAlchemyAuditEventRepository(self.session)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.session.close()

    def commit(self) -> None:
        try:
            self.session.commit()
        except Exception:
            self.session.rollback()
            raise

    def rollback(self) -> None:
        self.session.rollback()
