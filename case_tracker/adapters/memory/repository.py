"""Cases in memory. Hides the store from everybody else, and never commits."""

from collections.abc import Iterable, Sequence
from copy import deepcopy

from case_tracker.adapters.memory.store import State
from case_tracker.domain.audit import AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    ConcurrentUpdateError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus


class InMemoryCaseRepository:
    """The cases of one unit of work."""

    def __init__(self, state: State) -> None:
        self._cases = state.cases
        self._removed = state.removed

    def get(self, case_id: CaseId) -> Case:
        """Return a copy of the case.

        Raises:
            CaseNotFoundError: no case has this id.
        """
        return deepcopy(self._stored(case_id))

    def add(self, case: Case) -> None:
        """Keep a copy of a new case.

        Raises:
            CaseAlreadyExistsError: another case has this id, or had it before it was deleted.
            ReferenceTakenError: a living case has this reference.
        """
        if case.id.value in self._cases or case.id.value in self._removed:
            raise CaseAlreadyExistsError(case.id)
        references = {other.reference for other in self._cases.values()}
        if case.reference is not None and case.reference in references:
            raise ReferenceTakenError
        self._cases[case.id.value] = deepcopy(case)

    def add_all(self, cases: Iterable[Case]) -> int:
        """Keep copies of all cases and return how many there were.

        Raises:
            CaseAlreadyExistsError: an id is taken.
        """
        count = 0
        for case in cases:
            self.add(case)
            count += 1
        return count

    def save(self, case: Case) -> None:
        """Keep the case as it is now, at its next version.

        Raises:
            CaseNotFoundError: no case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        if self._stored(case.id).version != case.version:
            raise ConcurrentUpdateError(case.id)
        case.version += 1
        self._cases[case.id.value] = deepcopy(case)

    def remove(self, case: Case) -> None:
        """Forget the case. Its audit events stay.

        Raises:
            CaseNotFoundError: no case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        if self._stored(case.id).version != case.version:
            raise ConcurrentUpdateError(case.id)
        self._removed.add(case.id.value)
        del self._cases[case.id.value]

    def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, in this status if one is given."""
        return len(self._matching(status))

    def _stored(self, case_id: CaseId) -> Case:
        try:
            return self._cases[case_id.value]
        except KeyError:
            raise CaseNotFoundError(case_id) from None

    def _matching(self, status: CaseStatus | None) -> Sequence[Case]:
        ordered = sorted(self._cases.values(), key=lambda case: case.id)
        return [case for case in ordered if status in (None, case.status)]

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Return copies of at most `limit` cases, ordered by id, after skipping `offset`."""
        return deepcopy(list(self._matching(status)[offset : offset + limit]))


class InMemoryAuditEventRepository:
    """The audit trail of one unit of work."""

    def __init__(self, state: State) -> None:
        self._events = state.audit_events

    def add(self, event: AuditEvent) -> None:
        """Append one event."""
        self._events.append(event)

    def list(self, case_id: CaseId) -> Sequence[AuditEvent]:
        """Return the events of one case in the order in which they were added."""
        return [event for event in self._events if event.case_id == case_id]
