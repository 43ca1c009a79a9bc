"""Two that upgrade at once take turns: five replicas may start at the same moment."""

import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.migrations import guards
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.domain.errors import DatabaseBusyError

ROOT = Path(__file__).parents[3]
DONE = f"the database is at revision {SqlSchema.history()[-1].id}\n"
PROGRAM = "from case_tracker.entrypoints.cli import main; main()"
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%'
    AND pid <> pg_backend_pid()"""


@pytest.fixture
def upgrading(empty_url):
    """Starts `case-tracker db upgrade` as a process of its own; it is over when the test is."""
    with ExitStack() as stack:

        def start():
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "--database", empty_url, "db", "upgrade"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def test_two_at_once_end_well(upgrading, schema):
    """One upgrades; the other waits and finds that nothing is left to do."""
    processes = [upgrading() for _ in range(2)]

    answers = [process.communicate(timeout=60)[0] for process in processes]

    assert answers == [DONE] * 2
    assert schema.is_current()


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_the_second_waits_until_the_first_is_done(upgrading, schema, empty_url):
    """Whoever has the lock works alone; the other one changes nothing meanwhile."""
    first = create_engine(empty_url)
    with first.connect() as holder:
        holder.execute(text(f"SELECT pg_advisory_lock({guards.LOCK})"))
        holder.commit()
        second = upgrading()
        _wait_for(lambda: holder.scalar(text(WAITING)), holder)

        assert (second.poll(), schema.current()) == (None, None)
        holder.execute(text(f"SELECT pg_advisory_unlock({guards.LOCK})"))

    assert second.communicate(timeout=60)[0] == DONE
    first.dispose()


def _wait_for(condition, connection):
    deadline = time.monotonic() + 60
    while not condition():
        connection.rollback()  # the next look sees what is new
        assert time.monotonic() < deadline, "the second upgrade never asked for its turn"


def test_sqlite_lets_nobody_write_during_an_upgrade(sqlite_url):
    """An upgrade that reads first and writes later fails when somebody was faster."""
    engine = build_engine(sqlite_url)
    other = sqlite3.connect(engine.url.database, timeout=0, isolation_level=None)

    with (
        engine.connect() as connection,
        guards.alone(connection),
        connection.begin(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")

    other.close()
    engine.dispose()


def test_nobody_waits_for_ever(empty_postgres_url, monkeypatch):
    """A lock that is never released is reported; nothing was changed."""
    monkeypatch.setattr(guards, "LONGEST_WAIT_S", 0.0)
    engine = build_engine(empty_postgres_url)
    with engine.connect() as holder:
        holder.execute(text(f"SELECT pg_advisory_lock({guards.LOCK})"))

        with pytest.raises(DatabaseBusyError):
            SqlSchema(engine).upgrade()

    assert SqlSchema(engine).current() is None
    engine.dispose()


def test_the_turn_is_over_when_the_upgrade_is(empty_postgres_url):
    """A connection that kept the lock in the pool would stop every later upgrade."""
    engine = build_engine(empty_postgres_url)
    SqlSchema(engine).upgrade()
    other = create_engine(empty_postgres_url)

    with other.connect() as connection:
        _wait_for(  # the server ends a session a moment after its client
            lambda: connection.scalar(text(f"SELECT pg_try_advisory_lock({guards.LOCK})")),
            connection,
        )

    other.dispose()
    engine.dispose()
