"""Only BEGIN is sent: inside an open transaction sqlite3 begins none of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

BEGIN_OPTION = "sqlite_begin"
_PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000")


def prepare_sqlite(engine: Engine) -> None:
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED")
    connection.execute(text("BEGIN " + mode))
