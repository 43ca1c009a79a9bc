"""From a driver's exception to an error of the domain, in one function.

Never reads a message where the driver says it better: a name, a code.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import MetaData, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.adapters.sql.models import Base
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseTrackerError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
    DatabaseBusyError,
    ReferenceTakenError,
)

_SQLITE_COLUMNS = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (?P<columns>.+)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>.+)")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Let errors of the database leave the block as errors of the domain.

    Raises:
        CaseTrackerError: in place of each database error that says something about the data.
    """
    try:
        yield
    except (DBAPIError, StaleDataError) as error:
        translated = translate(error)
        if translated is None:
            raise
        raise translated from error


def translate(error: DBAPIError | StaleDataError) -> CaseTrackerError | None:
    """Return the domain's word for this error; None when it is a fault of program or machine."""
    if isinstance(error, StaleDataError):
        return ConcurrentUpdateError()
    name = getattr(error.orig, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusyError()
    if not name.startswith("SQLITE_CONSTRAINT"):
        return None
    constraint = sqlite_constraint(name, str(error.orig), Base.metadata)
    if constraint == "pk_cases":
        return CaseAlreadyExistsError()
    if constraint == "uq_cases_reference_alive":
        return ReferenceTakenError()
    return ConstraintViolatedError(constraint)


def sqlite_constraint(error_name: str, message: str, metadata: MetaData) -> str:
    """Return the name of the violated constraint, which SQLite does not say for keys.

    It names the columns (`UNIQUE constraint failed: cases.id`); the metadata knows which
    constraint they form. NOT NULL has no name: the answer is `table.column`.
    """
    if check := _SQLITE_CHECK.match(message):
        return check["name"]
    if not (match := _SQLITE_COLUMNS.match(message)):
        return error_name
    columns = match["columns"]
    return _key_over(columns.split(", "), metadata) or columns


def _key_over(columns: list[str], metadata: MetaData) -> str | None:
    table = metadata.tables.get(columns[0].partition(".")[0])
    if table is None:
        return None
    keys = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    for key in (*keys, *(index for index in table.indexes if index.unique)):
        if {str(column) for column in key.columns} == set(columns):
            return str(key.name)
    return None
