"""The collections that services work with. A repository never commits."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus


class CaseRepository(Protocol):
    """All cases, as if they were in memory. Each call returns objects of its own."""

    def get(self, case_id: CaseId) -> Case:
        """Return the case with its notes, oldest first.

        Raises:
            CaseNotFoundError: no case has this id.
        """
        ...

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Return at most `limit` cases with their notes, ordered by id, after skipping `offset`."""
        ...

    def add(self, case: Case) -> None:
        """Stage a new case. A taken id is refused here or, at the latest, by the commit.

        Raises:
            CaseAlreadyExistsError: another case has this id, or had it before it was deleted.
            ReferenceTakenError: another case has this reference.
        """
        ...

    def save(self, case: Case) -> None:
        """Stage the changed title and status and the notes that are new.

        Raises:
            CaseNotFoundError: no case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        ...

    def remove(self, case: Case) -> None:
        """Stage the deletion. The case is gone from every read; its id stays taken.

        Raises:
            CaseNotFoundError: no case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        ...

    def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, without loading them."""
        ...


class AuditEventRepository(Protocol):
    """The audit trail. It grows; nothing in it changes."""

    def add(self, event: AuditEvent) -> None:
        """Stage one event."""
        ...

    def list(self, case_id: CaseId) -> Sequence[AuditEvent]:
        """Return the events of one case in the order in which they were added."""
        ...


class NoteLog(Protocol):
    """The way in for a note that the audit trail tells about."""

    def add(self, case_id: CaseId, note: Note, actor: Actor) -> int:
        """Stage a note of a stored case, and the event that names it; return the note's id.

        Note and event are stored together by the caller's commit, or not at all.
        """
        ...


class CaseImport(Protocol):
    """The way in for many cases at once."""

    def add_all(self, cases: Iterable[Case]) -> int:
        """Stage all cases with their notes and return how many. All of them or none.

        Raises:
            CaseAlreadyExistsError: an id is taken, by a stored case or twice in `cases`.
        """
        ...
