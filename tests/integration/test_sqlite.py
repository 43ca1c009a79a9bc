"""SQLite does what it promises only after it was told to."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.constraint_names import sqlite_constraint
from case_tracker.adapters.sql.engine import build_engine, build_session_factory
from case_tracker.adapters.sql.errors import translate
from case_tracker.adapters.sql.models import Base, CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
    DatabaseBusyError,
)


@pytest.fixture
def engine(sqlite_url):
    """An engine on a new file with all tables."""
    engine = build_engine(sqlite_url)
    yield engine
    engine.dispose()


def case_row(number=1):
    """Return a record that can be stored."""
    return CaseRecord(id=f"CASE-{number}", title="a title", status="DRAFT", version=1)


def test_foreign_keys_are_enforced(engine):
    """An orphan note is refused."""
    with Session(engine) as session, pytest.raises(IntegrityError, match="FOREIGN KEY"):
        session.add(CaseNoteRecord(case_id="CASE-404", text="x", created_at=datetime.now(UTC)))
        session.flush()


def test_a_deleted_case_takes_its_notes_along(engine):
    """The database cascades, even past the ORM."""
    with Session(engine) as session:
        record = case_row()
        record.notes.append(CaseNoteRecord(text="x", created_at=datetime.now(UTC)))
        session.add(record)
        session.commit()
        session.execute(text("DELETE FROM cases"))
        session.commit()

        assert session.scalars(select(CaseNoteRecord)).all() == []


def test_a_case_with_a_history_cannot_be_deleted(engine):
    """The audit trail outlives every mistake."""
    with Session(engine) as session:
        session.add(case_row())
        session.flush()
        event = AuditEventRecord(
            id="1",
            case_id="CASE-1",
            actor="ann",
            event_type="x",
            occurred_at=datetime.now(UTC),
            details_json="{}",
        )
        session.add(event)
        session.commit()
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            session.execute(text("DELETE FROM cases"))


def test_a_released_savepoint_does_not_survive_the_rollback(engine):
    """With the driver's defaults it would."""
    with Session(engine) as session:
        with session.begin_nested():
            session.add(case_row())
        session.rollback()

        assert session.scalars(select(CaseRecord)).all() == []


def test_a_reader_sees_one_state(engine):
    """Two reads in one transaction agree, whatever is committed between them."""
    with Session(engine) as reader, Session(engine) as writer:
        before = reader.scalars(select(CaseRecord)).all()
        writer.add(case_row())
        writer.commit()

        assert reader.scalars(select(CaseRecord)).all() == before


def test_a_writing_unit_begins_immediate(engine):
    """Two units that read before they write take turns: none fails in the middle."""
    units = SqlUnitsOfWork(engine)
    with units.write() as unit:
        unit.cases.count()
        other = sqlite3.connect(engine.url.database, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_reading_unit_blocks_nobody(engine):
    """A page that is being read does not stop a writer."""
    units = SqlUnitsOfWork(engine)
    with units.read() as reader:
        reader.cases.count()
        with units.write() as writer:
            writer.cases.add(Case(CaseId("CASE-001"), "a title"))
            writer.commit()


def test_a_lock_that_is_not_released_is_a_domain_error(engine, tmp_path):
    """The caller learns that nothing was changed, and may try again."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other = sqlite3.connect(tmp_path / "cases.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusyError), SqlUnitsOfWork(engine).write() as unit:
        unit.cases.count()
    other.close()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
    ],
    ids=["another zone", "UTC"],
)
def test_an_instant_comes_back_as_the_same_instant(engine, moment):
    """SQLite drops the offset; we do not."""
    with Session(engine) as session:
        record = case_row()
        record.notes.append(CaseNoteRecord(text="x", created_at=moment))
        session.add(record)
        session.commit()
    with Session(engine) as session:
        stored = session.scalars(select(CaseNoteRecord.created_at)).one()

    assert (stored, stored.tzinfo) == (moment, UTC)


def test_a_naive_datetime_is_refused(engine):
    """Nobody knows which instant it means."""
    with Session(engine) as session, pytest.raises(StatementError, match="add a time zone"):
        session.add(CaseNoteRecord(case_id="x", text="x", created_at=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the point
        session.flush()


def test_created_and_updated_are_set_at_flush(engine):
    """One place sets the times, and an UPDATE moves one of them."""
    with Session(engine) as session:
        record = case_row()
        session.add(record)
        session.commit()
        first = record.created_at, record.updated_at
        record.title, record.version = "another title", 2
        session.commit()

        assert record.created_at == first[0]
        assert record.updated_at > first[1]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO cases SELECT * FROM cases", CaseAlreadyExistsError),
        ("UPDATE cases SET title = NULL", ConstraintViolatedError),
        (
            "INSERT INTO case_notes VALUES (9, 'CASE-404', 'x', '2026-01-01')",
            ConstraintViolatedError,
        ),
    ],
    ids=["primary key", "not null", "foreign key"],
)
def test_a_violated_constraint_becomes_a_domain_error(engine, statement, expected):
    """Callers never see the driver's words."""
    with Session(engine) as session:
        session.add(case_row())
        session.commit()
        with pytest.raises(IntegrityError) as caught:
            session.execute(text(statement))

    assert isinstance(translate(caught.value), expected)


@pytest.mark.parametrize(
    ("name", "message", "constraint"),
    [
        ("SQLITE_CONSTRAINT_PRIMARYKEY", "UNIQUE constraint failed: cases.id", "pk_cases"),
        (
            "SQLITE_CONSTRAINT_UNIQUE",
            "UNIQUE constraint failed: audit_events.id",
            "uq_audit_events_id",
        ),
        ("SQLITE_CONSTRAINT_NOTNULL", "NOT NULL constraint failed: cases.title", "cases.title"),
        ("SQLITE_CONSTRAINT_CHECK", "CHECK constraint failed: ck_cases_x", "ck_cases_x"),
        (
            "SQLITE_CONSTRAINT_FOREIGNKEY",
            "FOREIGN KEY constraint failed",
            "SQLITE_CONSTRAINT_FOREIGNKEY",
        ),
        ("SQLITE_CONSTRAINT_UNIQUE", "UNIQUE constraint failed: other.x", "other.x"),
    ],
)
def test_a_constraint_is_named_through_the_metadata(name, message, constraint):
    """SQLite names columns; the metadata knows the constraint."""
    assert sqlite_constraint(name, message, Base.metadata) == constraint


def test_a_fault_of_the_program_is_no_domain_error(engine):
    """A missing table is a bug, not an answer for a client."""
    with Session(engine) as session, pytest.raises(OperationalError) as caught:
        session.execute(text("SELECT * FROM no_such_table"))

    assert translate(caught.value) is None


def test_a_stale_record_is_a_domain_error(engine):
    """Two Sessions read the same row; the second UPDATE finds another version."""
    with Session(engine) as session:
        session.add(case_row())
        session.commit()
    with build_session_factory(engine)() as first, build_session_factory(engine)() as second:
        one, two = first.get(CaseRecord, "CASE-1"), second.get(CaseRecord, "CASE-1")
        second.commit()  # ends the read; what was read stays
        one.title, one.version = "one", 2
        first.commit()
        two.title, two.version = "two", 2
        units = SqlUnitsOfWork(engine)
        unit = units.write()
        with pytest.raises(ConcurrentUpdateError), unit:
            unit.session = second
            unit.commit()


def test_the_tables_have_the_names_of_the_convention(engine):
    """A constraint without a name cannot be changed by a migration."""
    inspector = inspect(engine)

    assert inspector.get_pk_constraint("cases")["name"] == "pk_cases"
    keys = [key["name"] for key in inspector.get_foreign_keys("case_notes")]
    assert keys == ["fk_case_notes_case_id_cases"]


def test_a_page_and_an_import_have_a_fixed_cost(engine):
    """Neither grows by a statement for each case."""
    from workbook.lens.recorder import Recorder

    units = SqlUnitsOfWork(engine)
    counts = []
    for size in (1, 10):
        cases = [Case(CaseId(f"C{size}-{n}"), "x", notes=[Note("a")]) for n in range(size)]
        with Recorder(engine) as sent, units.write() as unit:
            unit.imports.add_all(cases)
            unit.commit()
        with Recorder(engine) as read, units.read() as unit:
            unit.pages.page()
        counts.append((sent.count(), read.count()))

    assert counts == [(2, 2), (2, 2)]


def test_sessions_of_two_threads_do_not_wait_for_each_other_to_read(engine):
    """WAL: readers and a writer work at the same time."""
    units = SqlUnitsOfWork(engine)
    inside, done = threading.Barrier(2, timeout=10), []

    def read():
        with units.read() as unit:
            unit.cases.count()
            inside.wait()
            done.append(unit.cases.count())

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == [0, 0]


def test_a_refused_commit_leaves_no_open_transaction(engine):
    """The next unit that gets the connection begins a new transaction."""
    session = Session(engine)
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    session.execute(text("INSERT INTO case_notes VALUES (1, 'CASE-404', 'x', '2026-01-01')"))
    with pytest.raises(IntegrityError):
        session.commit()
    session.close()

    with Session(engine) as after:
        assert after.scalars(select(CaseNoteRecord)).all() == []
