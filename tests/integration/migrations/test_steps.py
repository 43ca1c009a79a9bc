"""Every step goes up and down with rows in the tables, all the way or not at all."""

from itertools import pairwise

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.migrations.guards import alone
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    ConstraintViolatedError,
    DatabaseBusyError,
    InvalidValueError,
    SchemaOutdatedError,
    SchemaTooNewError,
    SchemaUnknownError,
)
from case_tracker.domain.status import CaseStatus
from case_tracker.services.delete_case import delete_case
from case_tracker.services.read_cases import case_history, list_cases, show_case
from case_tracker.services.transition_case import transition_case

REFUSED = (ConstraintViolatedError, IntegrityError)  # by our check, or by PostgreSQL itself
IDS = [revision.id for revision in SqlSchema.history()]
NEWEST = IDS[-1]
LATE = CaseId("CASE-1")
ANN = Actor("ann")


def rows(engine):
    """Return what every revision has of the rows."""
    queries = (
        "SELECT id, title, status, created_at, updated_at FROM cases ORDER BY id",
        "SELECT id, case_id, text, created_at FROM case_notes ORDER BY id",
        "SELECT id, case_id, event_type, occurred_at, details_json FROM audit_events ORDER BY id",
    )
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(query))] for query in queries]


def run(engine, statement):
    """Commit one statement."""
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("step", list(pairwise(IDS)), ids=" to ".join)
def test_a_step_up_and_down_again_changes_nothing(schema, engine, described, first_rows, step):
    """A downgrade in the middle of the night must lead back to where we were, rows included."""
    before, after = step
    schema.upgrade("0001")
    first_rows(engine)
    schema.upgrade(before)
    as_before, stored = described(engine), rows(engine)

    schema.upgrade(after)
    as_after = described(engine)
    assert (schema.current(), rows(engine)) == (after, stored)
    schema.downgrade(before)
    assert (schema.current(), rows(engine)) == (before, stored)
    assert described(engine) == as_before

    schema.upgrade(after)
    assert (schema.current(), rows(engine)) == (after, stored)
    assert described(engine) == as_after != as_before


def test_down_to_nothing_and_up_again(schema, engine, described):
    """The whole history works in both directions, more than once."""
    schema.upgrade()
    tables = described(engine)

    schema.downgrade("base")

    assert schema.current() is None
    assert described(engine) == set()
    schema.upgrade()
    assert described(engine) == tables


def test_the_application_works_on_rows_of_the_first_revision(schema, engine, first_rows):
    """Old cases are cases: version 1, alive, with their notes and an ordered history."""
    schema.upgrade("0001")
    first_rows(engine)

    schema.upgrade()

    units = SqlUnitsOfWork(engine)
    case = show_case(units, LATE)
    assert (case.title, case.version, case.reference) == ("Late report", 1, None)
    assert [note.text for note in case.notes] == ["called", "wrote"]
    events = case_history(units, LATE)
    assert [event.id for event in events] == ["b", "a", "c"]
    assert {event.actor.name for event in events} == {"unknown"}


def test_the_application_goes_on_after_the_upgrade(schema, engine, first_rows):
    """Keys that the database makes follow those that are there; a deleted case is out of sight."""
    schema.upgrade("0001")
    first_rows(engine)
    schema.upgrade()
    units = SqlUnitsOfWork(engine)

    moved = transition_case(units, LATE, CaseStatus.UNDER_REVIEW, ANN, expected_version=1)
    delete_case(units, CaseId("CASE-2"), ANN)

    assert moved.version == 2
    assert [event.actor.name for event in case_history(units, LATE)] == ["unknown"] * 3 + ["ann"]
    assert [case.id for case in list_cases(units).cases] == ["CASE-1"]


def test_a_row_that_breaks_a_new_rule_stops_the_whole_upgrade(schema, engine, first_rows):
    """Half an upgrade is a schema that no program knows."""
    schema.upgrade("0001")
    first_rows(engine)
    run(engine, f"UPDATE cases SET title = '{'x' * 201}' WHERE id = 'CASE-2'")
    stored = rows(engine)

    with pytest.raises(REFUSED, match="ck_cases_title_length"):
        schema.upgrade()

    assert (schema.current(), rows(engine)) == ("0001", stored)


def test_an_event_of_no_case_stops_the_whole_upgrade(schema, engine, first_rows, orphan):
    """A foreign key over rows that break it would be a lie."""
    schema.upgrade("0001")
    first_rows(engine)
    orphan(engine)
    stored = rows(engine)

    with pytest.raises(REFUSED, match="audit_events"):
        schema.upgrade()

    assert (schema.current(), rows(engine)) == ("0001", stored)


@pytest.mark.parametrize(("guarded", "notes_left"), [(True, 2), (False, 0)])
def test_a_table_is_built_anew_without_its_children_dying(sqlite_url, guarded, notes_left):
    """SQLite deletes the notes when batch mode drops the old table of cases; the guard is why not.

    The second case is the proof that there is something to guard against.
    """
    engine = build_engine(sqlite_url)
    with SqlUnitsOfWork(engine).write() as unit:
        unit.cases.add(Case(LATE, "Late report", notes=[Note("called"), Note("wrote")]))
        unit.commit()

    with engine.connect() as connection:
        if guarded:
            with alone(connection):
                _build_anew(connection)
        else:
            _build_anew(connection)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM case_notes")) == notes_left
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def _build_anew(connection):
    with connection.begin():
        operations = Operations(
            MigrationContext.configure(connection, opts={"target_metadata": METADATA})
        )
        with operations.batch_alter_table("cases", recreate="always") as cases:
            cases.alter_column("title", nullable=True)


def test_foreign_keys_cannot_stay_on_unnoticed(sqlite_url):
    """SQLite ignores the PRAGMA inside a transaction: better no migration than that one."""
    engine = build_engine(sqlite_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(RuntimeError, match="inside a transaction"), alone(connection):
            pass
    engine.dispose()


def test_after_an_upgrade_foreign_keys_are_enforced(empty_sqlite_url):
    """The connection goes back to the pool as it came, also after a failure."""
    engine = build_engine(empty_sqlite_url)
    SqlSchema(engine).upgrade()
    with pytest.raises(InvalidValueError):
        SqlSchema(engine).downgrade("9999")

    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


@pytest.mark.parametrize("revision", ["9999", NEWEST, "nonsense"])
def test_a_revision_that_is_not_there_is_refused(schema, revision):
    """A typing mistake changes nothing."""
    schema.upgrade("0002")

    with pytest.raises(InvalidValueError, match=f"db history.*'{revision}'"):
        schema.downgrade(revision)

    assert schema.current() == "0002"


@pytest.mark.parametrize("at", [None, "0001", "0003"])
def test_an_older_schema_is_outdated(schema, at):
    """The message has the way out."""
    if at:
        schema.upgrade(at)

    assert not schema.is_current()
    with pytest.raises(SchemaOutdatedError, match="run: case-tracker db upgrade") as caught:
        schema.check()
    assert (caught.value.found, caught.value.needed) == (at, NEWEST)


def test_the_newest_schema_is_current(schema):
    """After an upgrade the program starts; a second upgrade does nothing."""
    schema.upgrade()
    schema.upgrade()

    schema.check()
    assert schema.is_current()


@pytest.mark.parametrize("call", ["check", "upgrade", "upgrade_script"])
def test_a_schema_of_a_newer_program_is_left_alone(schema, engine, call):
    """An old program beside a new database is a deployment in the wrong order."""
    schema.upgrade()
    run(engine, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaTooNewError, match=f"'9999'.* up to '{NEWEST}'"):
        getattr(schema, call)()

    assert schema.current() == "9999"


def test_tables_that_no_migration_made_are_left_alone(schema, engine):
    """Somebody else's table of cases is not ours to change."""
    METADATA.create_all(engine)

    with pytest.raises(SchemaUnknownError, match="'cases'"):
        schema.upgrade()


def test_a_script_begins_where_the_database_is(schema, engine):
    """What was done already is not in it; and writing it changes nothing."""
    schema.upgrade("0003")

    script = schema.upgrade_script()

    assert schema.current() == "0003"
    assert "0003 -> 0004" in script
    assert "0002 -> 0003" not in script


def test_the_check_at_the_start_is_one_statement(schema, engine):
    """Starting must not get slower with each revision."""
    from workbook.lens.recorder import Recorder

    schema.upgrade()

    with Recorder(engine) as recorder:
        schema.check()

    assert recorder.count() == 1


def test_sqlite_that_somebody_writes_to_is_not_upgraded(empty_sqlite_url):
    """The upgrade waits for its turn, then says why it did not happen."""
    schema = SqlSchema(engine := build_engine(empty_sqlite_url))
    schema.upgrade("0003")
    other = build_engine(empty_sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with other.connect() as writer:
        writer.execute(text("UPDATE cases SET title = 'x'"))

        with pytest.raises(DatabaseBusyError):
            schema.upgrade()

    assert schema.current() == "0003"
    engine.dispose()
    other.dispose()


@pytest.mark.thorough  # it waits for the 4 seconds that a migration waits for a table
def test_postgresql_does_not_wait_long_for_a_table(empty_postgres_url):
    """Behind an ALTER TABLE that waits for one long report, every other SELECT waits too."""
    schema = SqlSchema(engine := build_engine(empty_postgres_url))
    schema.upgrade("0003")
    with engine.connect() as reader:
        reader.execute(text("SELECT * FROM cases"))

        with pytest.raises((DBAPIError, DatabaseBusyError)) as caught:
            schema.upgrade()

    driver = getattr(caught.value.__cause__, "orig", None) or getattr(caught.value, "orig", None)
    assert driver.sqlstate == "55P03"
    assert schema.current() == "0003"
    engine.dispose()
