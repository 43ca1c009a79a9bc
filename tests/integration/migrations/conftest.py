"""Databases without tables, rows of the first revision, and what a database looks like."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData, Table, create_engine, insert, text

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.schema import SqlSchema

PG_COLUMNS = """
    SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'"""
PG_CONSTRAINTS = """
    SELECT CAST(CAST(conrelid AS regclass) AS text), conname, convalidated,
        pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = CAST('public' AS regnamespace)"""
PG_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
SQLITE = "SELECT tbl_name, type, name, sql FROM sqlite_master"
NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def empty_sqlite_url(tmp_path):
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(postgres_url):
    """The URL of a PostgreSQL database without a table."""
    engine = create_engine(postgres_url)
    wipe(engine)
    engine.dispose()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request):
    """The URL of a database without a table, once for each kind of database."""
    kind = "sqlite" if request.param == "sqlite" else "postgres"
    return request.getfixturevalue(f"empty_{kind}_url")


@pytest.fixture
def engine(empty_url):
    """An engine on that database."""
    engine = build_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def schema(engine):
    """The schema of that database, still without a table."""
    return SqlSchema(engine)


@pytest.fixture
def emptied():
    """Takes every table out of the database of an engine."""
    return wipe


def wipe(engine):
    """Drop everything, whoever made it."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            return
        tables = MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)


@pytest.fixture
def described():
    """Says what the tables of an engine's database look like, in an order of its own."""

    def describe(engine):
        postgresql = engine.dialect.name == "postgresql"
        queries = [PG_COLUMNS, PG_CONSTRAINTS, PG_INDEXES] if postgresql else [SQLITE]
        with engine.connect() as connection:
            rows = [tuple(row) for query in queries for row in connection.execute(text(query))]
        return {_plain(row) for row in rows if row[0] != "alembic_version"}

    return describe


def _plain(row):
    *names, last = row
    return (*names, _parts(last) if str(last).startswith("CREATE TABLE") else last)


def _parts(statement):
    """Return what stands in CREATE TABLE (…), part by part: columns may come in another order."""
    head, _, body = " ".join(statement.replace('"', "").split()).partition(" (")
    return (head, *sorted(re.split(r", (?![^(]*\))", body.removesuffix(")").strip())))


@pytest.fixture
def first_rows():
    """Writes two cases, two notes and three events into a database at revision 0001."""

    def write(engine):
        tables = MetaData()
        tables.reflect(engine)
        times = {"created_at": NINE, "updated_at": NINE}
        cases = [
            {"id": "CASE-1", "title": "Late report", "status": "SUBMITTED", **times},
            {"id": "CASE-2", "title": "Lost file", "status": "DRAFT", **times},
        ]
        notes = [
            {"case_id": "CASE-1", "text": word, "created_at": NINE} for word in ("called", "wrote")
        ]
        events = [_event("c", minutes=2), _event("b", minutes=1), _event("a", minutes=2)]
        with engine.begin() as connection:
            for name, rows in (("cases", cases), ("case_notes", notes), ("audit_events", events)):
                connection.execute(insert(tables.tables[name]), rows)

    return write


@pytest.fixture
def orphan():
    """Writes an event of a case that does not exist into a database at revision 0001 or 0002."""

    def write(engine):
        events = Table("audit_events", MetaData(), autoload_with=engine)
        with engine.begin() as connection:
            connection.execute(insert(events), [_event("z", minutes=0, case_id="CASE-404")])

    return write


def _event(name, *, minutes, case_id="CASE-1"):
    at = NINE + timedelta(minutes=minutes)
    kind = {"event_type": "case_transitioned", "details_json": "{}"}
    return {"id": name, "case_id": case_id, "occurred_at": at, **kind}
