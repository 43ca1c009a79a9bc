"""What keeps a migration from hurting: turns, short waits, children that survive. Changes no table.

Never used by a revision itself: the environment puts it around all of them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select

from case_tracker.adapters.sql.sqlite import BEGIN_OPTION
from case_tracker.domain.errors import ConstraintViolatedError, DatabaseBusyError

LOCK = 0x63617365  # "case": the advisory lock that every migration of this application takes
LONGEST_WAIT_S = 60.0
_PAUSE_S = 0.1

# Inside the transaction. A table that is in use is not waited for: behind a waiting ALTER TABLE
# every SELECT waits as well. A long UPDATE, however, may take its time.
LIMITS = {"postgresql": ("SET LOCAL lock_timeout = '4s'", "SET LOCAL statement_timeout = 0")}

# The same for a script that somebody else runs. One that goes on after an error loses data.
SCRIPT_HEADS = {
    "postgresql": "-- run with: psql -v ON_ERROR_STOP=1",
    "sqlite": "-- run with: sqlite3 -bail",
}
SCRIPT_BEFORE = {"sqlite": ("PRAGMA foreign_keys=OFF",)}
SCRIPT_INSIDE = {"postgresql": (f"SELECT pg_advisory_xact_lock({LOCK})",)}
SCRIPT_AFTER = {"sqlite": ("PRAGMA foreign_key_check", "PRAGMA foreign_keys=ON")}


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Let one migration at a time into the block; whoever comes second waits.

    Raises:
        DatabaseBusyError: it is not our turn after a minute.
    """
    if connection.dialect.name == "postgresql":
        _take_turn(connection)
        yield
    elif connection.dialect.name == "sqlite":
        connection.execution_options(**{BEGIN_OPTION: "IMMEDIATE"})
        with _foreign_keys_off(connection):
            yield
    else:
        yield


def _take_turn(connection: Connection) -> None:
    # Not returned to the pool: the lock ends with the session, however the migration ends.
    connection.detach()
    deadline = time.monotonic() + LONGEST_WAIT_S
    # Asked again and again: a statement that waits would hold up CREATE INDEX CONCURRENTLY.
    while not connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
        connection.rollback()
        if time.monotonic() > deadline:
            raise DatabaseBusyError
        time.sleep(_PAUSE_S)
    connection.commit()


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Let batch mode drop and rename a table without ON DELETE CASCADE emptying its children.

    SQLite ignores this PRAGMA inside a transaction, so it is sent past SQLAlchemy, before BEGIN.
    """
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    if driver.execute("PRAGMA foreign_keys").fetchone() != (0,):
        raise RuntimeError("foreign keys cannot be switched off inside a transaction")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def check_references(connection: Connection) -> None:
    """Look for rows whose parent is missing, before the commit. Only SQLite needs to be asked.

    Raises:
        ConstraintViolatedError: a row of some table refers to nothing.
    """
    if connection.dialect.name != "sqlite":
        return
    orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if orphan is not None:
        raise ConstraintViolatedError(f"{orphan.table} → {orphan.parent}")
