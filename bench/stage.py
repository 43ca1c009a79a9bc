"""The databases that peers are measured on. Every peer gets one of its own, without rows."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from bench.peers.sql import build_engines
from case_tracker.bootstrap import build_schema
from workbook.postgres.server import Server, private_server

CONTENT = (
    "SELECT id, title, status, reference, version, deleted_at FROM cases ORDER BY id",
    "SELECT case_id, text, created_at FROM case_notes ORDER BY case_id, id",
    "SELECT case_id, actor, event_type, details_json FROM audit_events ORDER BY sequence",
)


class Stage(Protocol):
    """One kind of database."""

    name: str

    def fresh(self, number: int) -> str:
        """Return the URL of an empty database, in place of the one that had this number."""
        ...


class Sqlite:
    """Copies of a file whose tables the app's migrations made."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        _migrate(f"sqlite:///{self._template}")

    def fresh(self, number: int) -> str:
        path = self._folder / f"{number}.db"
        for old in self._folder.glob(f"{number}.db*"):  # with its -wal and -shm
            old.unlink()
        return f"sqlite:///{shutil.copy(self._template, path)}"


class Postgres:
    """Copies of a database whose tables the app's migrations made."""

    name = "PostgreSQL"

    def __init__(self, server: Server) -> None:
        self._server = server
        _migrate(server.create_database("template"))

    def fresh(self, number: int) -> str:
        self._server.drop_database(f"peer_{number}")
        return self._server.create_database(f"peer_{number}", template="template")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Give the block the server that the tests use: private, on a socket, without fsync."""
    with private_server() as server:
        yield Postgres(server)


def _migrate(url: str) -> None:
    schema = build_schema(url, {})
    schema.upgrade()
    schema.close()


def analyze(url: str) -> None:
    """Let the planner know the rows."""
    _, engine = build_engines(url)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    if engine.dialect.name == "postgresql":  # VACUUM wants no transaction around it
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM"))
    engine.dispose()


def content(url: str) -> list[tuple[Any, ...]]:
    """Return every row that a peer wrote, without what it may choose itself: ids and clocks."""
    engine, _ = build_engines(url)
    with engine.connect() as connection:
        rows = [tuple(row) for query in CONTENT for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return rows
