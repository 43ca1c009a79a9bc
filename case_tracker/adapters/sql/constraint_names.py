"""Which rule of the schema a driver's exception is about. Never raises: it answers with a name."""

import re
from typing import Any

from sqlalchemy import MetaData, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.exc import DBAPIError

_SQLITE_COLUMNS = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (?P<columns>.+)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>.+)")
_NOT_NULL = "23502"


def error_code(error: DBAPIError) -> str:
    """Return SQLite's name of the error, or the SQLSTATE; empty when the driver knows neither."""
    driver = error.driver_exception  # under an async driver, too
    return getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None) or ""


def violated_constraint(error: DBAPIError, metadata: MetaData) -> str:
    """Return the name of the violated constraint; for NOT NULL, which has none, `table.column`."""
    driver, code = error.driver_exception, error_code(error)
    if code.startswith("SQLITE"):
        return sqlite_constraint(code, str(driver), metadata)
    said: Any = getattr(driver, "diag", driver)  # psycopg; asyncpg says it on the exception itself
    if code == _NOT_NULL:
        return f"{said.table_name}.{said.column_name}"
    return str(said.constraint_name or code)


def sqlite_constraint(error_name: str, message: str, metadata: MetaData) -> str:
    """Return the name of the violated constraint, which SQLite does not say for keys.

    It names the columns (`UNIQUE constraint failed: cases.id`); the metadata knows which
    constraint they form. A foreign key is not told at all: the answer is SQLite's error name.
    """
    if check := _SQLITE_CHECK.match(message):
        return check["name"]
    if not (match := _SQLITE_COLUMNS.match(message)):
        return error_name
    columns = match["columns"]
    if error_name == "SQLITE_CONSTRAINT_NOTNULL":
        return columns
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
