"""__enter__ notes what must be ended: an ExitStack remembers it for __exit__."""

from contextlib import ExitStack
from typing import Self

from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository


class SqlAlchemyUnitOfWork:
    """One stack holds the Session and its rollback; leaving unwinds it."""

    session: Session

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.session = stack.enter_context(self._session_factory())
            stack.callback(self.rollback)
            self.cases = SqlAlchemyCaseRepository(self.session)
            self.audit_events = SqlAlchemyAuditEventRepository(self.session)
            self._on_the_way_out = stack.pop_all()
        return self

    def __exit__(self, exc_type, exc, traceback) -> bool | None:
        return self._on_the_way_out.__exit__(exc_type, exc, traceback)

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()
