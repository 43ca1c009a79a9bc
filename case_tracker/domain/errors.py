"""Everything case_tracker can refuse to do. Never carries a driver's exception text to a client.

CaseTrackerError
├── InvalidValueError            a value no case can have            (HTTP 422)
├── CaseNotFoundError            no case has this id                 (HTTP 404)
├── CaseAlreadyExistsError       the id is taken                     (HTTP 409)
│   └── ReferenceTakenError      the reference is taken              (HTTP 409)
├── InvalidTransitionError       the workflow forbids this step      (HTTP 409)
├── ConcurrentUpdateError        somebody changed the case first     (HTTP 409, 412)
├── ConstraintViolatedError      the database refused the row        (HTTP 409)
├── DatabaseUnavailableError     there is no connection              (HTTP 503)
├── CommitOutcomeUnknownError    the connection broke during COMMIT  (HTTP 500)
├── SchemaOutdatedError          the tables are older than we are    (no start)
├── SchemaTooNewError            the tables are newer than we are    (no start)
├── SchemaUnknownError           nobody knows how old the tables are (no upgrade)
└── TransientError               nothing was changed, try again      (HTTP 503)
    ├── DatabaseBusyError        a lock was not released in time     (HTTP 503)
    └── TransactionConflictError another transaction got in the way  (HTTP 503)

412 tells a client that named the version it has seen, in If-Match; 409 one that named none. Where
a version has to be named, 428 tells who did not: HTTP's own refusal, the domain is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from case_tracker.domain.case import CaseId
    from case_tracker.domain.status import CaseStatus


class CaseTrackerError(Exception):
    """Base of all errors that a caller of case_tracker can expect."""


class InvalidValueError(CaseTrackerError, ValueError):
    """A value that no case, note or actor can have."""

    def __init__(self, what: str, value: object, rule: str) -> None:
        self.what = what
        self.value = value
        self.rule = rule
        super().__init__(f"{what} {rule}, got {value!r}")


class CaseNotFoundError(CaseTrackerError):
    """No case has this id."""

    def __init__(self, case_id: CaseId) -> None:
        self.case_id = case_id
        super().__init__(f"no case with id {case_id.value!r}")


class CaseAlreadyExistsError(CaseTrackerError):
    """Another case has this id already."""

    def __init__(self, case_id: CaseId | None = None) -> None:
        self.case_id = case_id
        which = f"id {case_id.value!r}" if case_id else "this id"
        super().__init__(f"a case with {which} exists already")


class ReferenceTakenError(CaseAlreadyExistsError):
    """Another case has this reference already."""

    def __init__(self) -> None:
        Exception.__init__(self, "a case with this reference exists already")
        self.case_id = None


class InvalidTransitionError(CaseTrackerError):
    """The workflow has no step from this status to that one."""

    def __init__(self, case_id: CaseId, source: CaseStatus, target: CaseStatus) -> None:
        self.case_id = case_id
        self.source = source
        self.target = target
        super().__init__(f"case {case_id.value!r} cannot go from {source.value} to {target.value}")


class ConcurrentUpdateError(CaseTrackerError):
    """The case changed after the caller read it. Read it again, then decide."""

    def __init__(self, case_id: CaseId | None = None) -> None:
        self.case_id = case_id
        which = f"case {case_id.value!r}" if case_id else "the case"
        super().__init__(f"{which} was changed by somebody else; read it again")


class ConstraintViolatedError(CaseTrackerError):
    """The database refused a row that the domain had let through."""

    def __init__(self, constraint: str) -> None:
        self.constraint = constraint
        super().__init__(f"the database refused a row: constraint {constraint!r}")


class SchemaOutdatedError(CaseTrackerError):
    """The database has no tables yet, or those of an older program. Upgrade it first."""

    def __init__(self, found: str | None, needed: str) -> None:
        self.found = found
        self.needed = needed
        state = f"is at revision {found!r}" if found else "has no tables yet"
        remedy = "run: case-tracker db upgrade"
        super().__init__(f"the database {state}, this program needs {needed!r}; {remedy}")


class SchemaTooNewError(CaseTrackerError):
    """The database was upgraded by a newer program. This one could damage what it cannot see."""

    def __init__(self, found: str, newest: str) -> None:
        self.found = found
        self.newest = newest
        super().__init__(
            f"the database is at revision {found!r}, this program knows them up to {newest!r}; "
            "install the case-tracker that made it"
        )


class SchemaUnknownError(CaseTrackerError):
    """The database has our tables, but no revision that says how they were made."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"the database has a table {table!r} that no migration made; "
            "upgrade an empty database and copy the rows"
        )


class TransientError(CaseTrackerError):
    """The database gave up for a reason that passes. Nothing was changed; try the unit again."""


class DatabaseBusyError(TransientError):
    """Another transaction holds a lock that was needed. Nothing was changed; try again."""

    def __init__(self) -> None:
        super().__init__("the database is busy; nothing was changed, try again")


class TransactionConflictError(TransientError):
    """Two transactions got in each other's way, and the database undid this one."""

    def __init__(self) -> None:
        super().__init__("another transaction got in the way; nothing was changed, try again")


class DatabaseUnavailableError(CaseTrackerError):
    """The database cannot be reached, or the connection broke before COMMIT."""

    def __init__(self) -> None:
        super().__init__("the database cannot be reached; nothing was changed")


class CommitOutcomeUnknownError(CaseTrackerError):
    """The connection broke during COMMIT: everything is stored, or nothing.

    Nobody may run the unit again without looking first.
    """

    def __init__(self) -> None:
        super().__init__("the connection broke during COMMIT; look whether the change was stored")
