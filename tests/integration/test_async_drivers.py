"""aiosqlite and asyncpg do what sqlite3 and psycopg do, only after they were told to."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, text

from case_tracker.bootstrap import build_async_units, build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    ConstraintViolatedError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    InvalidValueError,
    SchemaOutdatedError,
)
from case_tracker.entrypoints.cli import main
from case_tracker.services.add_note import add_note
from case_tracker.services.read_cases import count_cases

ROOT = Path(__file__).parents[2]
LATE = CaseId("CASE-001")


def test_a_file_that_stays_locked_is_a_domain_error(run, start_async, aiosqlite_url):
    """The same on SQLite, where a writing unit waits at its begin."""
    units = start_async(aiosqlite_url)
    other = sqlite3.connect(make_url(aiosqlite_url).database, isolation_level=None)
    run(units.run(in_one_transaction, "PRAGMA busy_timeout=1"))
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusyError):
        run(units.run(add_note, LATE, "in vain", Actor("ann")))
    other.close()


def in_one_transaction(inside, *statements):
    """Send these statements in one reading unit; return what each of them shows."""
    with inside.read() as unit:
        connection = unit.session.connection()
        return [connection.exec_driver_sql(statement).scalar() for statement in statements]


def test_sqlite_is_prepared_as_for_threads(run, start_async, aiosqlite_url):
    """Foreign keys, WAL and patience are settings of each connection."""
    names = ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
    pragmas = [f"PRAGMA {name}" for name in names]

    shown = run(start_async(aiosqlite_url).run(in_one_transaction, *pragmas))

    assert shown == [1, "wal", 1, 5000]


def test_a_released_savepoint_does_not_survive_the_rollback(run, start_async, aiosqlite_url):
    """With the driver's defaults it would."""
    units = start_async(aiosqlite_url)

    async def leave():
        async with units.write() as unit:
            async with unit.session.begin_nested():
                await unit.cases.add(Case(CaseId("CASE-3"), "third"))
            assert await unit.cases.count() == 3

    run(leave())

    assert run(units.run(count_cases)) == 2


def test_a_refused_commit_leaves_no_open_transaction(run, start_async, aiosqlite_url):
    """The next unit that gets the connection begins a new transaction."""
    units = start_async(aiosqlite_url)
    orphan = "INSERT INTO case_notes VALUES (9, 'CASE-404', 'x', '2026-01-01')"

    async def store_an_orphan():
        async with units.write() as unit:
            await unit.session.execute(text("PRAGMA defer_foreign_keys=ON"))
            await unit.session.execute(text(orphan))
            await unit.commit()

    with pytest.raises(ConstraintViolatedError):
        run(store_an_orphan())

    assert run(units.run(add_note, LATE, "a new transaction", Actor("ann"))).version == 2


def test_a_writing_unit_takes_the_lock_of_sqlite_when_it_begins(run, start_async, aiosqlite_url):
    """Two units that read before they write take turns: none fails in the middle."""
    units = start_async(aiosqlite_url)

    async def look_and_write():
        async with units.write() as unit:
            await unit.cases.count()
            other = sqlite3.connect(make_url(aiosqlite_url).database, timeout=0)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            other.close()

    run(look_and_write())


def test_the_settings_of_postgresql_are_in_force(run, start_async, asyncpg_url):
    """The driver has other words for them; the server is told the same."""
    url = make_url(asyncpg_url).update_query_dict(
        {"application_name": "psql", "options": "-c statement_timeout=7s"}
    )
    units = start_async(
        url.render_as_string(hide_password=False), CASE_TRACKER_LOCK_TIMEOUT_S="1.5"
    )
    names = ("timezone", "application_name", "lock_timeout", "statement_timeout")
    names += ("transaction_isolation", "transaction_read_only")

    shown = run(units.run(in_one_transaction, *(f"SHOW {name}" for name in names)))

    assert shown == ["UTC", "psql", "1500ms", "7s", "repeatable read", "on"]


UNREACHABLE = {
    "no server": {"host": "127.0.0.1", "port": "1"},
    "no such host": {"host": "nowhere.invalid"},
}


@pytest.mark.parametrize("query", UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_server_that_is_not_there_is_a_domain_error(run, asyncpg_url, query):
    """The driver lets errors of the operating system through; nobody above knows them."""
    url = make_url(asyncpg_url).update_query_dict(query).render_as_string(hide_password=False)

    with pytest.raises(DatabaseUnavailableError):
        run(build_async_units(url))


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize(
    ("query", "said"),
    [({"colour": "red"}, "colour"), ({"port": "x", "host": "h"}, "port")],
    ids=str,
)
def test_a_url_with_words_that_no_driver_knows_is_refused(run, postgres_url, driver, query, said):
    """One line that names the word, and no traceback."""
    url = make_url(postgres_url).set(drivername=f"postgresql+{driver}").update_query_dict(query)
    url = url.render_as_string(hide_password=False)

    with pytest.raises(InvalidValueError, match=f"(?s)database URL .*{said}"):
        run(build_async_units(url)) if driver == "asyncpg" else build_units(url)


@pytest.mark.parametrize(
    ("missing", "url"),
    [
        ("aiosqlite", "sqlite+aiosqlite:///cases.db"),
        ("asyncpg", "postgresql+asyncpg://ann:secret@127.0.0.1:1/cases"),
        ("greenlet", "sqlite+aiosqlite:///cases.db"),
    ],
)
def test_what_is_not_installed_is_named_without_the_password(missing, url):
    """Async is an extra: the message says which. In a process that has imported nothing yet."""
    program = f"""
import asyncio, sys
sys.modules[{missing!r}] = None
from case_tracker.bootstrap import build_async_units
try:
    asyncio.run(build_async_units({url!r}))
except ValueError as error:
    print(error)
"""
    words = [sys.executable, "-c", program]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "pip install 'unit-of-workbook[async]'" in said
    assert len(said.splitlines()) == 1
    assert "secret" not in said


@pytest.mark.parametrize(
    "url", ["memory:", "sqlite:///cases.db", "postgresql+psycopg://ann:secret@h/d"]
)
def test_a_driver_that_cannot_be_awaited_is_refused(run, url):
    """The message names those that can."""
    with pytest.raises(
        InvalidValueError, match=r"sqlite\+aiosqlite or postgresql\+asyncpg"
    ) as caught:
        run(build_async_units(url))
    assert "secret" not in str(caught.value)


def test_the_api_does_not_start_on_old_tables(run, tmp_path):
    """It says which command to run, as the sync one does."""
    with pytest.raises(SchemaOutdatedError, match="case-tracker db upgrade"):
        run(build_async_units(f"sqlite+aiosqlite:///{tmp_path / 'cases.db'}"))


def test_commands_take_the_url_of_an_async_driver(tmp_path):
    """One setting for the server and for the upgrade before it: a command needs no event loop."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'cases.db'}"

    def case_tracker(*words):
        return CliRunner().invoke(main, ["--database", url, *words]).output

    case_tracker("db", "upgrade")
    case_tracker("open", "CASE-001", "Late report")

    assert case_tracker("list") == "CASE-001 DRAFT Late report (version 1)\n1 of 1\n"
