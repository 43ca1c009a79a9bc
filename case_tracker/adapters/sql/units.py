"""The units of work of the application: reading ones and writing ones. Never shares a Session."""

import time
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from case_tracker.adapters.sql.audit_trail import SqlAuditTrail
from case_tracker.adapters.sql.bulk import SqlCaseImport
from case_tracker.adapters.sql.case_store import SqlCaseStore
from case_tracker.adapters.sql.engine import build_session_factory
from case_tracker.adapters.sql.errors import (
    DATABASE_ERRORS,
    translate,
    translate_commit,
    translated_errors,
)
from case_tracker.adapters.sql.locking import LockingCaseStore
from case_tracker.adapters.sql.note_log import SqlNoteLog
from case_tracker.adapters.sql.postgresql import reading
from case_tracker.adapters.sql.read_models import SqlCasePages
from case_tracker.adapters.sql.reports import SqlReports
from case_tracker.adapters.sql.row_import import SqlRowImport
from case_tracker.adapters.sql.sqlite import BEGIN_OPTION
from case_tracker.adapters.sql.unit_of_work import SqlAlchemyUnitOfWork


class SqlUnitOfWork(SqlAlchemyUnitOfWork):
    """A unit of work with the fast ways in and out, that speaks the errors of the domain."""

    cases: SqlCaseStore  # type: ignore[assignment] # the same port, written for speed

    def __enter__(self) -> Self:
        """Open the unit, with the repositories that the application runs on."""
        super().__enter__()
        self.cases = SqlCaseStore(self.session)
        self.audit_events = SqlAuditTrail(self.session)
        return self

    @property
    def notes(self) -> SqlNoteLog:
        """The way in for a note that the audit trail tells about."""
        return SqlNoteLog(self.session, self.audit_events)

    @property
    def pages(self) -> SqlCasePages:
        """The cases to look at, a page at a time."""
        return SqlCasePages(self.session)

    @property
    def reports(self) -> SqlReports:
        """Reports about many cases."""
        return SqlReports(self.session)

    @property
    def imports(self) -> SqlCaseImport:
        """The way in for many cases at once."""
        return SqlCaseImport(self.session)

    @property
    def row_import(self) -> SqlRowImport:
        """The way in for many cases, each on its own."""
        return SqlRowImport(self.session, self.audit_events)

    def commit(self) -> None:
        """Store everything this unit did.

        Raises:
            CommitOutcomeUnknownError: the connection broke during COMMIT.
            CaseTrackerError: the database refused it; nothing of this unit was stored.
        """
        with translated_errors(translate_commit):
            super().commit()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard what was not committed; a database error leaves as an error of the domain."""
        super().__exit__(exc_type, exc, traceback)
        if isinstance(exc, DATABASE_ERRORS) and (translated := translate(exc)):
            raise translated from exc


class LockingUnitOfWork(SqlUnitOfWork):
    """A unit that locks each case it gets, so that what it has read stays true."""

    def __enter__(self) -> Self:
        """Open the unit, with a repository that locks."""
        super().__enter__()
        self.cases = LockingCaseStore(self.session)
        return self


class SqlUnitsOfWork:
    """Makes the units of work of one engine. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        locks_rows = engine.dialect.name == "postgresql"
        self._writing_unit = LockingUnitOfWork if locks_rows else SqlUnitOfWork
        self._read = build_session_factory(reading(engine) if locks_rows else engine)
        self._write = sessionmaker(
            engine, expire_on_commit=False, execution_options={BEGIN_OPTION: "IMMEDIATE"}
        )

    def read(self) -> SqlUnitOfWork:
        """Return a new unit for looking. It blocks nobody."""
        return SqlUnitOfWork(self._read)

    def write(self) -> SqlUnitOfWork:
        """Return a new unit for changing.

        On SQLite it takes the write lock when it begins; on PostgreSQL it locks each case it gets.
        """
        return self._writing_unit(self._write)

    def pause(self, seconds: float) -> None:
        """Wait; meanwhile the other threads work."""
        time.sleep(seconds)

    def close(self) -> None:
        """Close the connections that wait in the pool."""
        self._engine.dispose()
