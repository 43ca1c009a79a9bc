"""The rows as another connection sees them: its own, in autocommit, closed with the film.

Never uses the program's engine or pool, never waits for a lock, never holds one between two looks.

An SQLite file is opened for each look, read-only, and only while it is in WAL mode: elsewhere a
reader could make a writer of another thread fail.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import Dialect, Engine
from sqlalchemy.engine import URL

from workbook.lens.reading import Reader, runner, told
from workbook.lens.steps import Rows

_UNKNOWN = Rows("off", "the Session has not said yet which database it uses")
_MEMORY = Rows("off", "an in-memory database: no other connection can see it")
_MISSING = Rows("off", "the database file does not exist yet")
_NO_WAL = Rows(
    "off", "not read: only in WAL mode does a reader block nobody (PRAGMA journal_mode=WAL)"
)
_SETTINGS = (
    "SET application_name = 'workbook.lens'",
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = 'read committed'",
    "SET lock_timeout = '100ms'",
)


class Outside:
    """The other connection to the database of an engine."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._url: URL | None = None
        self._file: Path | None = None
        self._open: tuple[Any, Dialect] | None = None
        self._refused: Rows | None = None

    def use(self, engine: Engine) -> None:
        """Look into the database of this engine, unless it is the one that is looked into."""
        if engine.url != self._url:
            self.close()
            self._url, self._refused = engine.url, None
            self._file = _sqlite_file(engine.url)

    def look(self, tables: Iterable[sqlalchemy.Table]) -> Rows:
        """Return the rows, or the reason why there are none to see."""
        if self._url is None:
            return _UNKNOWN
        if self._refused is not None:
            return self._refused  # a server that does not answer is asked once
        try:
            name = self._url.get_backend_name()
            if name == "sqlite":
                return self._sqlite(tables)
            if name == "postgresql":
                return self._postgresql(self._url, tables)
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; the note says what)
            self.close()
            return Rows("off", told(error))
        return Rows("off", f"the lens has no second connection for {name}")

    def _connected(self, url: URL) -> tuple[Any, Dialect]:
        try:
            return _connected(url)
        except Exception as error:
            self._refused = Rows("off", told(error))
            raise

    def close(self) -> None:
        """Give the connection back."""
        if self._open is not None:
            with suppress(Exception):  # a server that is gone has closed it already
                self._open[0].close()
            self._open = None

    def _sqlite(self, tables: Iterable[sqlalchemy.Table]) -> Rows:
        if self._file is None:
            return _MEMORY
        if not self._file.exists():
            return _MISSING
        where = f"file:{quote(self._file.as_posix())}?mode=ro"
        with closing(sqlite3.connect(where, uri=True, timeout=0, isolation_level=None)) as other:
            if other.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                return _NO_WAL
            dialect = sqlalchemy.make_url("sqlite://").get_dialect()()
            return Rows("open", "", self._reader.tables(other, dialect, tables))

    def _postgresql(self, url: URL, tables: Iterable[sqlalchemy.Table]) -> Rows:
        if self._open is None:
            self._open = self._connected(url)
        return Rows("open", "", self._reader.tables(*self._open, tables))


def _sqlite_file(url: URL) -> Path | None:
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in {"", ":memory:"} or "mode=memory" in str(url):
        return None
    if name.startswith("file:"):
        name = name.removeprefix("file:").partition("?")[0]
        return None if name in {"", ":memory:"} else Path(name).absolute()
    return Path(name).absolute()


def _connected(url: URL) -> tuple[Any, Dialect]:
    """Connect with the driver alone: no pool, so no listener of the program hears of it."""
    kind = url.get_dialect()
    if kind.is_async:  # asyncpg has no cursor that could be read from an event
        url = url.set(drivername="postgresql+psycopg")
        kind = url.get_dialect()
    dialect = kind(dbapi=kind.import_dbapi())  # type: ignore[call-arg]
    arguments, options = dialect.create_connect_args(url)
    connection = dialect.connect(*arguments, **options)
    dialect.set_isolation_level(connection, "AUTOCOMMIT")
    run = runner(connection, dialect)
    for setting in _SETTINGS:
        run(setting)
    return connection, dialect
