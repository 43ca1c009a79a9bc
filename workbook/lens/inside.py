"""The rows as the Session's own transaction sees them, read on its own connection.

Never begins a transaction, never takes its snapshot or lasting locks, never makes it fail:

- it reads only after a statement of the program has touched a table in this transaction. An
  earlier SELECT would fix what REPEATABLE READ, or SQLite after BEGIN, shows from then on;
- on PostgreSQL it reads behind a savepoint and rolls back to it. That gives the locks back and
  heals an error; it waits for no lock;
- under SERIALIZABLE of PostgreSQL each SELECT can make a transaction fail: only when asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import MissingGreenlet

from workbook.lens.reading import Reader, Run, runner, told
from workbook.lens.steps import Rows, Table
from workbook.lens.transactions import driver_in_transaction

NONE = Rows("none", "no transaction is open")
_WAITING = Rows(
    "waiting", "nothing was read or written yet, and the first look decides what is seen"
)
_IMPLICIT = Rows("waiting", "sqlite3 sends BEGIN with the first INSERT, UPDATE or DELETE")
_ABORTED = Rows("aborted", "aborted: after an error PostgreSQL refuses everything until ROLLBACK")
_SERIALIZABLE = Rows("off", "not read under SERIALIZABLE: reading could make the transaction fail")
_SAVEPOINT = "workbook_lens"
_IDLE, _IN_TRANSACTION, _IN_ERROR = 0, 2, 3  # libpq's words, as psycopg and psycopg2 pass them on


@dataclass
class Inside:
    """Knows which connection the Session uses, and whether it may be read from."""

    reader: Reader
    serializable: bool
    connection: Connection | None = None
    touched: bool = False
    _last: Rows = field(default=NONE)

    def used(self, connection: Connection, *, touched: bool) -> None:
        """A statement was executed; `touched` when it has looked into a table."""
        self.connection = connection
        self.touched = self.touched or touched

    def ended(self) -> None:
        """The transaction of the Session is over."""
        self.connection, self.touched, self._last = None, False, NONE

    def look(self, tables: Iterable[sqlalchemy.Table]) -> Rows:
        """Return the rows, or the reason why there are none to see."""
        connection = self.connection
        if connection is None or connection.closed or connection.invalidated:
            return NONE
        try:
            self._last = self._read(connection, tables)
        except MissingGreenlet:
            pass  # an async driver answers inside a call of the Session only: what it said last
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; the note says what)
            self._last = Rows("off", told(error))
        return self._last

    def _read(self, connection: Connection, tables: Iterable[sqlalchemy.Table]) -> Rows:
        dialect, dbapi = connection.dialect, connection.connection
        if dialect.name == "sqlite":
            if not driver_in_transaction(dbapi.driver_connection):
                return _IMPLICIT
            if not self.touched:
                return _WAITING
            return Rows("open", "", self.reader.tables(dbapi, dialect, tables))
        if dialect.name == "postgresql":
            return self._read_postgresql(dbapi, dialect, tables)
        return Rows("off", f"the lens cannot look into {dialect.name} without disturbing it")

    def _read_postgresql(
        self, dbapi: Any, dialect: Dialect, tables: Iterable[sqlalchemy.Table]
    ) -> Rows:
        info = getattr(dbapi.driver_connection, "info", None)
        status = getattr(info, "transaction_status", _IN_TRANSACTION)
        if status == _IN_ERROR:
            return _ABORTED
        if status == _IDLE:
            return NONE
        if not self.touched or status != _IN_TRANSACTION:
            return _WAITING
        run = runner(dbapi, dialect)
        if not self.serializable and _is_serializable(run):
            return _SERIALIZABLE
        return self._behind_savepoints(run, dbapi, dialect, tables)

    def _behind_savepoints(
        self, run: Run, dbapi: Any, dialect: Dialect, tables: Iterable[sqlalchemy.Table]
    ) -> Rows:
        seen: list[Table] = []
        for table in tables:  # a savepoint each: one that cannot be read does not hide the next
            run(f"SAVEPOINT {_SAVEPOINT}")
            try:
                run("SET LOCAL lock_timeout = '100ms'")
                seen.extend(self.reader.tables(dbapi, dialect, [table]))
            finally:
                run(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                run(f"RELEASE SAVEPOINT {_SAVEPOINT}")
        return Rows("open", "", tuple(seen))


def _is_serializable(run: Run) -> bool:
    _, rows = run("SHOW transaction_isolation")
    return rows == [("serializable",)]
