# Derived from case_tracker/adapters/sql/errors.py.
# Change it there, then run `workbook dev sync`.
"""From a driver's exception to an error of the domain, in one function for all drivers.

Never reads a message where the driver says it better: a name, a code.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.adapters.sql.constraint_names import error_code, violated_constraint
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.adapters.sql.versioning import translate_stale
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseTrackerError,
    CommitOutcomeUnknownError,
    ConstraintViolatedError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    ReferenceTakenError,
    TransactionConflictError,
)

DatabaseError = DBAPIError | StaleDataError | PoolTimeoutError
DATABASE_ERRORS = (DBAPIError, StaleDataError, PoolTimeoutError)  # `except` takes no union
Translation = Callable[[DatabaseError], CaseTrackerError | None]

_CONSTRAINT = ("SQLITE_CONSTRAINT", "23")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "57014")  # lock and statement timeout
_CONFLICT = ("40001", "40P01")  # serialization failure, deadlock
_UNAVAILABLE = ("SQLITE_CANTOPEN", "08", "28", "3D", "53", "57P")  # classes of SQLSTATE


@contextmanager
def translated_errors(translation: Translation | None = None) -> Iterator[None]:
    """Let errors of the database leave the block as errors of the domain, and hide none.

    What `translation` has no word for leaves unchanged: it is a fault of the program.

    Raises:
        CaseTrackerError: in place of a database error, which stays its `__cause__`.
    """
    try:
        yield
    except DATABASE_ERRORS as error:
        translated = (translation or translate)(error)
        if translated is None:
            raise
        raise translated from error


def translate(error: DatabaseError) -> CaseTrackerError | None:
    """Return the domain's word for this error; None when it is a fault of the program."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusyError()
    if not isinstance(error, DBAPIError):
        return translate_stale(error)
    code = error_code(error)
    if code.startswith(_CONSTRAINT):
        return refusal(violated_constraint(error, METADATA))
    if code.startswith(_BUSY):
        return DatabaseBusyError()
    if code in _CONFLICT:
        return TransactionConflictError()
    return DatabaseUnavailableError() if _is_unreachable(error, code) else None


def refusal(constraint: str) -> CaseTrackerError:
    """Return the domain's word for a violated constraint, by its whole name.

    A case id that is taken is a CaseAlreadyExistsError, a reference that is taken a
    ReferenceTakenError. Every other constraint is a ConstraintViolatedError, which says the name.
    """
    if constraint == "pk_cases":
        return CaseAlreadyExistsError()
    if constraint == "uq_cases_reference_alive":
        return ReferenceTakenError()
    return ConstraintViolatedError(constraint)


def _is_unreachable(error: DBAPIError, code: str) -> bool:
    connecting = isinstance(error, OperationalError) and error.statement is None
    lost = connecting or error.connection_invalidated
    return code.startswith(_UNAVAILABLE) or (not code and lost)


def translate_commit(error: DatabaseError) -> CaseTrackerError | None:
    """Return the domain's word for an error that came out of a commit.

    A connection that broke while it sent an INSERT has stored nothing. One that broke at COMMIT
    itself, which has no statement text, may have stored everything.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated and error.statement is None:
        return CommitOutcomeUnknownError()
    return translate(error)
