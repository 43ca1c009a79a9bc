"""What the memory adapter keeps. Never hands out an object that it keeps."""

from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock

from case_tracker.domain.audit import AuditEvent
from case_tracker.domain.case import Case


@dataclass
class State:
    """All rows at one moment."""

    cases: dict[str, Case] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    audit_events: list[AuditEvent] = field(default_factory=list)
    last_note_id: int = 0

    def copy(self) -> "State":
        """Return a state that shares no mutable object with this one."""
        cases, events = deepcopy(self.cases), list(self.audit_events)
        return State(cases, set(self.removed), events, self.last_note_id)


@dataclass
class Store:
    """The committed state, and the lock that lets one writing unit in at a time.

    A second one waits for `patience_s`, as long as SQLite's busy timeout.
    """

    committed: State = field(default_factory=State)
    writing: Lock = field(default_factory=Lock)
    patience_s: float = 5.0
