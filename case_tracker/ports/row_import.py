"""The way in for many cases of which some may be refused. Never commits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case
from case_tracker.domain.errors import CaseTrackerError


@dataclass(frozen=True)
class Refusal:
    """A case that was left out, and what the database said about it."""

    case: Case
    reason: CaseTrackerError


class RowImport(Protocol):
    """The way in for many cases, each on its own."""

    def add_each(self, cases: Iterable[Case], actor: Actor) -> list[Refusal]:
        """Stage each case that can be stored; return the others with the reason, in their order.

        A case that clashes with a stored one leaves an audit event there. All of it is stored by
        the caller's commit, or nothing.
        """
        ...
