"""SQLite, done right. Never changes how another database is used.

Without this, SQLite ignores foreign keys, a released savepoint survives the outer rollback, and
two connections that read before they write overwrite each other.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

BEGIN_OPTION = "sqlite_begin"
_PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000")


def prepare_sqlite(engine: Engine) -> None:
    """Give every connection of the engine real foreign keys, real transactions and patience.

    A transaction starts with BEGIN DEFERRED, or as the execution option `sqlite_begin` says:
    a unit that will write starts with BEGIN IMMEDIATE, so that it waits for its turn at the
    start instead of failing in the middle.
    """
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "checkin", _on_checkin)


def _on_connect(connection: Any, _record: Any) -> None:
    # TODO 9.3: on SQLite, begin each transaction before its first savepoint
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    # TODO 9.3: on SQLite, begin each transaction before its first savepoint
    pass


def _mode(connection: Connection) -> str:
    mode: str = connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED")
    return mode


def _on_checkin(connection: Any, _record: Any) -> None:
    # After a refused COMMIT the pool takes the transaction for ended; SQLite does not.
    if connection is not None and _driver_of(connection).in_transaction:
        connection.rollback()


def _driver_of(connection: Any) -> Any:
    """Return the connection itself; that of an async driver is wrapped."""
    return getattr(connection, "driver_connection", connection)
