"""Every constraint of the schema, violated through every driver: callers learn its name."""

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    insert,
)

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.adapters.sql_async.engine import build_async_engine
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    ConstraintViolatedError,
    ReferenceTakenError,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAMPS = {"created_at": NOW, "updated_at": NOW}
ROWS = {  # a valid row of each table; together they refer to each other
    "cases": {
        "id": "CASE-1",
        "title": "late",
        "status": "DRAFT",
        "version": 1,
        "reference": "INV-1",
        "deleted_at": None,
        **STAMPS,
    },
    "case_notes": {"id": 101, "case_id": "CASE-1", "text": "called", "created_at": NOW},
    "audit_events": {
        "sequence": 101,
        "id": "event-1",
        "case_id": "CASE-1",
        "actor": "ann",
        "event_type": "opened",
        "occurred_at": NOW,
        "details_json": "{}",
    },
}
CHECKS = {  # what makes a valid row violate each CHECK
    "ck_cases_status_known": {"status": "LOST"},
    "ck_cases_id_length": {"id": ""},
    "ck_cases_title_length": {"title": ""},
    "ck_cases_reference_length": {"reference": 1000 * "x"},
    "ck_cases_version_positive": {"version": 0},
    "ck_case_notes_text_length": {"text": ""},
}
OWN_ERRORS = {
    "pk_cases": CaseAlreadyExistsError,
    "uq_cases_reference_alive": ReferenceTakenError,
}
OTHER = {int: 102, str: "another"}


def bad_row(table, constraint):
    """Return a row that violates this constraint and, beside the stored row, no other one."""
    row = ROWS[table.name]
    if isinstance(constraint, CheckConstraint):
        return another(table) | CHECKS[constraint.name]
    here = {column.name: row[column.name] for column in constraint.columns}
    if isinstance(constraint, ForeignKeyConstraint):
        return another(table) | {name: OTHER[type(value)] for name, value in here.items()}
    return another(table) | here


def another(table):
    """Return a second valid row: it differs in every key from the stored one."""
    row = ROWS[table.name]
    return row | {c.name: OTHER[type(row[c.name])] for key in keys(table) for c in key.columns}


def keys(table):
    """Return what must be unique, by constraint or by index."""
    kinds = PrimaryKeyConstraint | UniqueConstraint
    unique = [constraint for constraint in table.constraints if isinstance(constraint, kinds)]
    return unique + [index for index in table.indexes if index.unique]


def rules(table):
    """Return every rule with a name, in one order for all processes of a test run."""
    return sorted({*table.constraints, *keys(table)}, key=lambda rule: str(rule.name))


CONSTRAINTS = [
    pytest.param(table, constraint, id=str(constraint.name))
    for table in METADATA.sorted_tables
    for constraint in rules(table)
]
REQUIRED = [
    pytest.param(column, id=str(column))
    for table in METADATA.sorted_tables
    for column in table.columns
    if not column.nullable and column is not table.autoincrement_column
]


@pytest.fixture(params=["sqlite", "aiosqlite", "postgresql", "asyncpg"])
def transaction(request):
    """Runs a function in a transaction, on a database with one valid row in each table."""
    url = request.getfixturevalue(f"{request.param}_url")
    with (awaiting if request.param in {"aiosqlite", "asyncpg"} else waiting)(url) as transaction:
        transaction(store_valid_rows)
        yield transaction


@contextmanager
def waiting(url):
    """Open transactions through a sync driver."""
    engine = build_engine(url)

    def transaction(work):
        with engine.begin() as connection:
            return work(connection)

    yield transaction
    engine.dispose()


@contextmanager
def awaiting(url):
    """Open transactions through an async driver."""
    engine = build_async_engine(url)

    async def transaction(work):
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    with asyncio.Runner() as loop:
        yield lambda work: loop.run(transaction(work))
        loop.run(engine.dispose())


def store_valid_rows(connection):
    """Put one row into each table."""
    for table in METADATA.sorted_tables:
        connection.execute(insert(table).values(ROWS[table.name]))


def database(connection):
    """Return the name of the database."""
    return connection.dialect.name


def refused(transaction, table, row):
    """Insert this row and return the error that comes out."""
    with (
        pytest.raises((CaseAlreadyExistsError, ConstraintViolatedError)) as caught,
        translated_errors(),
    ):
        transaction(lambda connection: connection.execute(insert(table).values(row)))
    return caught.value


@pytest.mark.parametrize(("table", "constraint"), CONSTRAINTS)
def test_a_violated_constraint_is_told_by_its_name(transaction, table, constraint):
    """The name in the log is the name in the schema; a taken case id has a name of its own."""
    error = refused(transaction, table, bad_row(table, constraint))

    if constraint.name in OWN_ERRORS:
        assert type(error) is OWN_ERRORS[constraint.name]
    elif isinstance(constraint, ForeignKeyConstraint) and transaction(database) == "sqlite":
        assert error.constraint == "SQLITE_CONSTRAINT_FOREIGNKEY", "SQLite does not know more"
    else:
        assert error.constraint == constraint.name


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_value_is_told_by_its_column(transaction, column):
    """NOT NULL has no name, so the column speaks for it."""
    error = refused(transaction, column.table, another(column.table) | {column.name: None})

    assert error.constraint == f"{column.table.name}.{column.name}"
