"""What a lesson's test can ask for. Every database here is real, and the test's own.

It is a SQLite file; with --postgres, a database of a private PostgreSQL server.
"""

import importlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from workbook.lens.recorder import Recorder

if TYPE_CHECKING:  # a lesson decides what these are: importing them here would be too early
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from workbook.lens.sql import Sql
    from workbook.postgres.server import Server
    from workbook.session import Room

__all__ = [
    "database",
    "database_url",
    "engine",
    "exercise",
    "learners",
    "lesson_server",
    "observed",
    "other_connection",
    "recording",
    "room",
    "session_factory",
    "sql",
]


@pytest.fixture
def room(request: pytest.FixtureRequest) -> "Room":
    """The lesson that the test belongs to."""
    from workbook.plugin import room_of  # noqa: PLC0415 - the plugin imports this module

    found = room_of(request.config, request.path)
    if found is None:
        raise pytest.UsageError(f"{request.path} belongs to no lesson")
    return found


@pytest.fixture
def learners(room: "Room") -> Callable[[str], ModuleType]:
    """Imports one of the learner's files by its name: `learners("engine.py")`."""
    return room.learners


@pytest.fixture
def exercise(room: "Room", learners: Callable[[str], ModuleType]) -> ModuleType:
    """The learner's module: the first file of the lesson."""
    return learners(room.lesson.files[0].name)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of a SQLite file that does not exist yet."""
    return tmp_path / "cases.db"


@pytest.fixture(scope="session")
def lesson_server() -> Iterator["Server"]:
    """The private PostgreSQL of --postgres, one for all tests."""
    from workbook.postgres.errors import PostgresUnavailableError  # noqa: PLC0415 - see above
    from workbook.postgres.server import private_server  # noqa: PLC0415 - it loads SQLAlchemy

    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server())
        except PostgresUnavailableError as error:
            pytest.fail(f"PostgreSQL is missing: {error}")
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if not request.config.getoption("--postgres"):
        yield f"sqlite:///{database}"
        return
    server, name = request.getfixturevalue("lesson_server"), f"lesson_{secrets.token_hex(4)}"
    yield server.create_database(name)
    server.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator["Engine"]:
    """An engine on an empty database with the app's tables."""
    app = importlib.import_module
    if database_url.startswith("sqlite"):
        engine: Engine = app("case_tracker.adapters.sql.engine").build_engine(database_url)
    else:
        engine = app("case_tracker.adapters.sql.postgresql").build_postgresql_engine(database_url)
    # No migration: what the tables look like is for the learner's models to say.
    app("case_tracker.adapters.sql.audit").AuditEventRecord.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session_factory(engine: "Engine") -> "sessionmaker[Session]":
    """Opens a new Session on that database each time it is called."""
    build = importlib.import_module("case_tracker.adapters.sql.engine").build_session_factory
    factory: sessionmaker[Session] = build(engine)
    return factory


@pytest.fixture
def other_connection(database_url: str, database: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs SQL on a connection of its own: it sees what is committed, and nothing else."""

    def connect() -> Any:
        if database_url.startswith("sqlite"):
            return sqlite3.connect(database)
        import psycopg  # noqa: PLC0415 - installed where PostgreSQL is used

        return psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)

    def query(sql: str) -> list[tuple[Any, ...]]:
        with closing(connect()) as connection:
            cursor = connection.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    return query


@pytest.fixture
def recording(room: "Room") -> Callable[[], Recorder]:
    """A maker of recorders, each for one block of a test."""

    def start() -> Recorder:
        return Recorder(user_code=room.paths.__contains__)

    return start


@pytest.fixture
def observed(room: "Room") -> dict[str, Any]:
    """Where a test notes what it saw, so that a misconception can be recognised by it."""
    return room.observed


@pytest.fixture
def sql(request: pytest.FixtureRequest) -> Iterator["Sql"]:
    """Budgets and N+1 checks: `with sql.exactly(2): ...`, `sql.no_n_plus_one()`, `sql.explain()`.

    In a lesson the learner's lines are named.
    """
    from workbook.lens.sql import Sql  # noqa: PLC0415 - paid by the tests that ask for it
    from workbook.plugin import room_of  # noqa: PLC0415 - the plugin imports this module

    room = room_of(request.config, request.path)
    with Sql(mine=room.paths.__contains__ if room else None) as sql:
        yield sql
