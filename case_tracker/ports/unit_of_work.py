"""The transaction boundary. Never commits by itself: commit() is called, or nothing happened."""

from types import TracebackType
from typing import Protocol, Self

from case_tracker.ports.read_models import CasePages
from case_tracker.ports.reports import Reports
from case_tracker.ports.repository import (
    AuditEventRepository,
    CaseImport,
    CaseRepository,
    NoteLog,
)
from case_tracker.ports.row_import import RowImport


class UnitOfWork(Protocol):
    """Everything inside one `with` block happens together or not at all.

    Source: Fowler, Patterns of Enterprise Application Architecture, "Unit of Work"
    """

    @property
    def cases(self) -> CaseRepository:
        """The cases, as this transaction sees them."""
        ...

    @property
    def audit_events(self) -> AuditEventRepository:
        """The audit trail, as this transaction sees it."""
        ...

    @property
    def notes(self) -> NoteLog:
        """The way in for a note that the audit trail tells about."""
        ...

    @property
    def pages(self) -> CasePages:
        """The cases to look at, a page at a time."""
        ...

    @property
    def reports(self) -> Reports:
        """Reports about many cases."""
        ...

    @property
    def imports(self) -> CaseImport:
        """The way in for many cases at once."""
        ...

    @property
    def row_import(self) -> RowImport:
        """The way in for many cases, each on its own."""
        ...

    def __enter__(self) -> Self:
        """Open the unit. It is used by one thread and entered once."""
        ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard what was not committed, and give everything back. Hides no exception."""
        ...

    def commit(self) -> None:
        """Make the work of this unit permanent.

        Raises:
            CommitOutcomeUnknownError: nobody knows whether this unit was stored.
            CaseTrackerError: the database refused it; nothing of this unit was stored.
        """
        ...

    def rollback(self) -> None:
        """Discard what was not committed."""
        ...


class UnitsOfWork(Protocol):
    """Where units of work come from. Shared by all threads of the application."""

    def read(self) -> UnitOfWork:
        """Return a new unit for looking: it sees one state of the database and blocks nobody."""
        ...

    def write(self) -> UnitOfWork:
        """Return a new unit for changing: a case that it gets stays as it is until it commits."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait between two attempts, in the way that everybody else can go on."""
        ...
