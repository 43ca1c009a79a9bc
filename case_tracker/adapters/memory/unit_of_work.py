"""A transaction in memory: a private copy that replaces the store on commit, or is dropped."""

import time
from types import TracebackType
from typing import Self

from case_tracker.adapters.memory.note_log import InMemoryNoteLog
from case_tracker.adapters.memory.read_models import InMemoryCasePages
from case_tracker.adapters.memory.reports import InMemoryReports
from case_tracker.adapters.memory.repository import (
    InMemoryAuditEventRepository,
    InMemoryCaseRepository,
)
from case_tracker.adapters.memory.row_import import InMemoryRowImport
from case_tracker.adapters.memory.store import State, Store
from case_tracker.domain.errors import DatabaseBusyError


class InMemoryUnitOfWork:
    """What happens inside one `with` block is stored by commit(), all of it, or not at all."""

    cases: InMemoryCaseRepository
    audit_events: InMemoryAuditEventRepository

    def __init__(self, store: Store, *, writing: bool) -> None:
        self._store = store
        self._writing = writing

    def __enter__(self) -> Self:
        """Take a private copy. A writing unit waits until no other one is open.

        Raises:
            DatabaseBusyError: another writing unit stayed open for too long.
        """
        if self._writing and not self._store.writing.acquire(timeout=self._store.patience_s):
            raise DatabaseBusyError
        self._begin()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop the private copy. Hides no exception."""
        if self._writing:
            self._store.writing.release()

    def commit(self) -> None:
        """Make the private copy the stored state, and go on with a new copy."""
        self._store.committed = self._state
        self._begin()

    def rollback(self) -> None:
        """Start again from the stored state."""
        self._begin()

    @property
    def notes(self) -> InMemoryNoteLog:
        """The way in for a note that the audit trail tells about."""
        return InMemoryNoteLog(self._state, self.audit_events)

    @property
    def pages(self) -> InMemoryCasePages:
        """The cases to look at, a page at a time."""
        return InMemoryCasePages(self.cases)

    @property
    def reports(self) -> InMemoryReports:
        """Reports about many cases."""
        return InMemoryReports(self.cases)

    @property
    def imports(self) -> InMemoryCaseRepository:
        """The way in for many cases at once."""
        return self.cases

    @property
    def row_import(self) -> InMemoryRowImport:
        """The way in for many cases, each on its own."""
        return InMemoryRowImport(self.cases, self.audit_events)

    def _begin(self) -> None:
        self._state: State = self._store.committed.copy()
        self.cases = InMemoryCaseRepository(self._state)
        self.audit_events = InMemoryAuditEventRepository(self._state)


class InMemoryUnitsOfWork:
    """Makes units of work on one store. Safe to share between threads."""

    def __init__(self, patience_s: float = 5.0) -> None:
        self._store = Store(patience_s=patience_s)

    def read(self) -> InMemoryUnitOfWork:
        """Return a new unit for looking: it sees the state of the moment it is entered."""
        return InMemoryUnitOfWork(self._store, writing=False)

    def write(self) -> InMemoryUnitOfWork:
        """Return a new unit for changing: one at a time."""
        return InMemoryUnitOfWork(self._store, writing=True)

    def pause(self, seconds: float) -> None:
        """Wait; meanwhile the other threads work."""
        time.sleep(seconds)

    def close(self) -> None:
        """Nothing to give back."""
