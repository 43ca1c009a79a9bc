# Derived from case_tracker/adapters/sql/unit_of_work.py.
# Change it there, then run `workbook dev sync`.
"""One Session, one transaction. Never commits by itself."""

from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository


class SqlAlchemyUnitOfWork:
    """What happens inside one `with` block is stored by commit(), all of it, or not at all."""

    session: Session
    cases: SqlAlchemyCaseRepository
    audit_events: SqlAlchemyAuditEventRepository

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __enter__(self) -> Self:
        """Open a new Session, at each entry, and the repositories that work in it."""
        self.session = self._session_factory()
        self.cases = SqlAlchemyCaseRepository(self.session)
        self.audit_events = SqlAlchemyAuditEventRepository(self.session)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard what was not committed. Hides no exception.

        The connection goes back to the pool whatever happens, also when the rollback fails.
        """
        try:
            # Always: after commit() this is a no-op, after an exception it is the point.
            self.rollback()
        finally:
            self.session.close()

    def commit(self) -> None:
        """Store everything this unit did. When it raises, nothing was stored.

        Raises:
            SQLAlchemyError: the database refused it; its own exception comes out, unchanged.
        """
        try:
            self.session.commit()
        except BaseException:
            # Lets go of the connection and its locks now; what to do next is the caller's business.
            self.rollback()
            raise

    def rollback(self) -> None:
        """Discard everything that was not committed."""
        self.session.rollback()
