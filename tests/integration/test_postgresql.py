"""PostgreSQL does what it promises only after it was told to."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import insert, make_url, text
from sqlalchemy.exc import ProgrammingError

from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.errors import translate
from case_tracker.adapters.sql.postgresql import PostgresqlSettings, build_postgresql_engine
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    CaseTrackerError,
    CommitOutcomeUnknownError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    InvalidValueError,
    TransactionConflictError,
)
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, count_cases, show_case
from case_tracker.services.retry import run_in_unit
from workbook.lens.recorder import Recorder

FIRST, SECOND = CaseId("CASE-1"), CaseId("CASE-2")
IMPATIENT = PostgresqlSettings(lock_timeout_s=0.001)


@pytest.fixture
def connect(postgres_url):
    """Makes engines on the database of this test."""
    engines = []

    def connect(settings=None, **options):
        url = make_url(postgres_url).update_query_dict(options)
        engines.append(build_postgresql_engine(url, settings or PostgresqlSettings()))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(connect):
    """An engine as the application makes it."""
    return connect()


@pytest.fixture
def units(engine):
    """Units of work on two stored cases."""
    units = SqlUnitsOfWork(engine)
    open_case(units, FIRST, "first")
    open_case(units, SECOND, "second")
    return units


@pytest.fixture
def observer(postgres_url):
    """A connection that looks at the server: no transaction, no SQLAlchemy, nothing to guard."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def pid_of(unit):
    """Return the server process of this unit."""
    return unit.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()


def wait_until_blocked(observer, pid):
    """Return when that process waits for a lock of another one."""
    deadline = time.monotonic() + 60
    while observer.execute("SELECT pg_blocking_pids(%s)", [pid]).fetchone() == ([],):
        assert time.monotonic() < deadline, f"{pid} waits for nobody"


def kill(observer, pid):
    """End that process, and return when it is gone."""
    query = "SELECT pg_terminate_backend(%s, 60000)"
    assert observer.execute(query, [pid]).fetchone() == (True,)


def test_the_settings_are_in_force(connect):
    """What the configuration says is what the server does."""
    settings = PostgresqlSettings(
        application_name="reports",
        lock_timeout_s=1.5,
        statement_timeout_s=20,
        idle_in_transaction_timeout_s=90,
    )
    names = "timezone application_name lock_timeout statement_timeout "
    names += "idle_in_transaction_session_timeout"

    with connect(settings).connect() as connection:
        shown = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names.split()]

    assert shown == ["UTC", "reports", "1500ms", "20s", "90s"]


def test_the_url_has_the_last_word(connect):
    """Whoever writes a setting into the URL means it."""
    engine = connect(application_name="psql", options="-c lock_timeout=7s")

    with engine.connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("application_name", "lock_timeout", "timezone")
        ]

    assert shown == ["psql", "7s", "UTC"]


@pytest.mark.parametrize(
    "wrong",
    [{"pool_size": 0}, {"max_overflow": -1}, {"lock_timeout_s": 0}, {"lock_timeout_s": 30}],
    ids=str,
)
def test_settings_that_switch_a_limit_off_are_refused(wrong):
    """0 means "no limit", and a lock timeout behind the statement timeout never fires."""
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        PostgresqlSettings(**wrong)


def test_the_pool_has_the_size_of_the_settings(connect):
    """One connection too many is an answer after the timeout, not one for the server."""
    settings = PostgresqlSettings(pool_size=1, max_overflow=1, pool_timeout_s=0.001)
    units = SqlUnitsOfWork(connect(settings))

    with units.read() as one, units.read() as two:
        assert (one.cases.count(), two.cases.count()) == (0, 0)
        with pytest.raises(DatabaseBusyError), units.read() as three:
            three.cases.count()


def test_a_connection_that_died_in_the_pool_costs_no_request(units, observer):
    """After a restart of the server the next request works."""
    with units.read() as unit:
        pid = pid_of(unit)
    kill(observer, pid)

    assert count_cases(units) == 2


def test_an_instant_is_in_utc_whatever_zone_the_server_is_in(connect, postgres_url, observer):
    """A server in Kathmandu must not answer with 17:45."""
    database = make_url(postgres_url).database
    observer.execute(f"ALTER DATABASE {database} SET timezone = 'Asia/Kathmandu'")
    moment = datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    engine = connect()

    with SqlUnitsOfWork(engine).write() as unit:
        unit.cases.add(Case(FIRST, "a title", notes=[Note("x", moment)]))
        unit.commit()

    with engine.connect() as connection:
        query = "SELECT created_at, created_at::text FROM case_notes"
        ((as_read, as_text),) = connection.exec_driver_sql(query)
    assert (as_read, as_read.utcoffset()) == (moment, timedelta(0))
    assert as_text == "2026-03-01 12:00:00+00"


def test_text_is_ordered_by_code_point_in_every_locale(engine):
    """A database in another locale must not turn pages in another order."""
    query = """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND data_type = 'character varying'
        AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"""

    with engine.connect() as connection:
        assert connection.exec_driver_sql(query).all() == []


def test_a_reading_unit_can_change_nothing(units):
    """A page that is being read holds no lock that a writer waits for."""
    with units.read() as unit:
        connection = unit.session.connection()
        shown = [
            connection.exec_driver_sql(f"SHOW transaction_{name}").scalar()
            for name in ("isolation", "read_only")
        ]

    assert shown == ["repeatable read", "on"]


def test_a_second_writer_waits_and_sees_the_work_of_the_first(units, observer):
    """Two units that read before they write take turns: none works on half an old case."""
    pids = []

    def look():
        with units.write() as unit:
            pids.append(pid_of(unit))
            started.set()
            case = unit.cases.get(FIRST)
            return case.title, [note.text for note in case.notes], case.version

    started = threading.Event()
    with ThreadPoolExecutor() as pool, units.write() as unit:
        case = unit.cases.get(FIRST)
        seen = pool.submit(look)
        assert started.wait(60)
        wait_until_blocked(observer, *pids)
        case.rename("renamed")
        case.add_note(Note("called"))
        unit.cases.save(case)
        unit.commit()

        assert seen.result(60) == ("renamed", ["called"], 2)


def test_a_locked_case_costs_two_statements(engine, units):
    """One that locks, one that reads."""
    add_note(units, FIRST, "called", Actor("ann"))

    with Recorder(engine) as sent, units.write() as unit:
        unit.cases.get(FIRST)

    assert sent.count() == 2


def test_whoever_refers_to_a_locked_case_need_not_wait(connect, units):
    """The lock guards the row, not its key: an audit event of another unit gets in."""
    event = {"id": "1", "case_id": "CASE-1", "actor": "ann", "event_type": "seen"}
    event |= {"occurred_at": datetime.now(UTC), "details_json": "{}"}

    with units.write() as unit, connect(IMPATIENT).begin() as connection:
        unit.cases.get(FIRST)
        connection.execute(insert(AuditEventRecord), event)

    assert len(case_history(units, FIRST)) == 1


def test_a_lock_that_is_not_released_is_a_domain_error(connect, units):
    """The caller learns that nothing was changed, and may try again."""
    impatient = SqlUnitsOfWork(connect(IMPATIENT))

    with units.write() as unit:
        unit.cases.get(FIRST)
        with pytest.raises(DatabaseBusyError), impatient.write() as other:
            other.cases.get(FIRST)


def test_a_statement_that_takes_too_long_is_a_domain_error(connect):
    """No request holds a connection for ever."""
    settings = PostgresqlSettings(lock_timeout_s=0.001, statement_timeout_s=0.002)

    with pytest.raises(DatabaseBusyError), SqlUnitsOfWork(connect(settings)).read() as unit:
        unit.session.execute(text("SELECT pg_sleep(60)"))


def test_a_serialization_failure_is_a_domain_error(connect):
    """Two units that decide by what the other one changes cannot both be stored."""
    strict = SqlUnitsOfWork(connect(options="-c default_transaction_isolation=serializable"))

    with strict.write() as one, strict.write() as two:
        for unit, case_id in ((one, FIRST), (two, SECOND)):
            unit.cases.add(Case(case_id, f"{unit.cases.count()} cases before me"))
        one.commit()
        with pytest.raises(TransactionConflictError):
            two.commit()

    assert count_cases(strict) == 1


def test_a_deadlock_is_a_domain_error(connect, units):
    """One of two units that wait for each other is undone; the other one goes on."""
    hasty = SqlUnitsOfWork(connect(options="-c deadlock_timeout=1ms"))
    both_hold_one = threading.Barrier(2, timeout=60)

    def rename(mine, yours):
        try:
            with hasty.write() as unit:
                unit.cases.get(mine)
                both_hold_one.wait()
                case = unit.cases.get(yours)
                case.rename("renamed")
                unit.cases.save(case)
                unit.commit()
        except CaseTrackerError as error:
            return type(error)
        return None

    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(rename, (FIRST, SECOND), (SECOND, FIRST)))

    assert set(outcomes) == {None, TransactionConflictError}
    titles = [show_case(units, case_id).title for case_id in (FIRST, SECOND)]
    assert titles.count("renamed") == 1


def test_the_one_that_a_deadlock_undid_is_tried_again(connect, units):
    """The client of either learns nothing of it: both are done, one after the other."""
    hasty = SqlUnitsOfWork(connect(options="-c deadlock_timeout=1ms"))
    both_hold_one, attempts = threading.Barrier(2, timeout=60), []

    def rename_both(mine, yours):
        def work(unit):
            attempts.append(mine)
            cases = [unit.cases.get(mine)]
            if attempts.count(mine) == 1:
                both_hold_one.wait()
            cases.append(unit.cases.get(yours))
            for case in cases:
                case.rename(case.title + "!")
                unit.cases.save(case)

        run_in_unit(hasty, work)

    with ThreadPoolExecutor() as pool:
        list(pool.map(rename_both, (FIRST, SECOND), (SECOND, FIRST)))

    assert len(attempts) == 3
    titles = [show_case(units, case_id).title for case_id in (FIRST, SECOND)]
    assert titles == ["first!!", "second!!"]


def test_a_connection_that_breaks_at_commit_leaves_the_outcome_unknown(units, observer):
    """Saying "failed" would make the client do it twice."""
    with pytest.raises(CommitOutcomeUnknownError), units.write() as unit:
        unit.cases.add(Case(CaseId("CASE-3"), "third"))
        unit.session.flush()
        kill(observer, pid_of(unit))
        unit.commit()


def test_a_connection_that_breaks_before_commit_has_stored_nothing(units, observer):
    """Here the client may try again: the COMMIT was never sent."""
    with pytest.raises(DatabaseUnavailableError), units.write() as unit:
        unit.cases.add(Case(CaseId("CASE-3"), "third"))
        kill(observer, pid_of(unit))  # which sends nothing of what waits in the Session
        unit.commit()

    assert count_cases(units) == 2


def test_a_fault_of_the_program_is_no_domain_error(engine):
    """A missing table is a bug, not an answer for a client."""
    with engine.connect() as connection, pytest.raises(ProgrammingError) as caught:
        connection.execute(text("SELECT * FROM no_such_table"))

    assert translate(caught.value) is None
