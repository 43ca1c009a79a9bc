"""What a lesson's test can ask for. Every database here is a real SQLite file of its own."""

import contextlib
import importlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from workbook.lens.recorder import Recorder

if TYPE_CHECKING:  # a lesson decides what these are: importing them here would be too early
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from workbook.lens.sql import Sql
    from workbook.session import Room

__all__ = [
    "database",
    "engine",
    "exercise",
    "learners",
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


@pytest.fixture
def engine(room: "Room", database: Path) -> Iterator["Engine"]:
    """An engine on an empty database with the app's tables."""
    app = importlib.import_module
    if room.empty_database:
        database.write_bytes(room.empty_database)
    engine: Engine = app("case_tracker.adapters.sql.engine").build_engine(f"sqlite:///{database}")
    if not room.empty_database:
        # No migration: what the tables look like is for the learner's models to say.
        app("case_tracker.adapters.sql.audit").AuditEventRecord.metadata.create_all(engine)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            room.empty_database = connection.serialize()
    yield engine
    engine.dispose()


@pytest.fixture
def session_factory(engine: "Engine") -> "sessionmaker[Session]":
    """Opens a new Session on that database each time it is called."""
    build = importlib.import_module("case_tracker.adapters.sql.engine").build_session_factory
    factory: sessionmaker[Session] = build(engine)
    return factory


@pytest.fixture
def other_connection(database: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs SQL on a connection of its own: it sees what is committed, and nothing else."""

    def query(sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    return query


@pytest.fixture
def recording(room: "Room") -> Callable[..., Recorder]:
    """A maker of recorders, each for one block of a test; it takes whose lines to name."""
    return room.recorder_of_a_block


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
