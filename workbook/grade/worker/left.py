"""Reads the databases that a grading left behind. It never loads a learner's code.

A file is opened read-only, after a look at what it is; nothing in its schema can run.
"""

import contextlib
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST = 32 << 20
MOST_ROWS = 20_000
# What the docstrings promise of a row; ids and times are the database's and the clock's business.
COLUMNS = {
    "cases": ("id", "title", "status"),
    "case_notes": ("case_id", "text"),
    "audit_events": ("case_id",),
}


def tell(folder: Path, out: int) -> None:
    """Write one line of JSON for each database below `folder/TASK-RUN/`."""
    for path in sorted(folder.glob("*-*/*")) if folder.is_dir() else ():
        if path.suffix in ("", ".db"):
            line = json.dumps({"at": str(path.relative_to(folder)), **_look(path)})
            os.write(out, line.encode() + b"\n")


def _look(path: Path) -> dict[str, Any]:
    try:
        _refuse_what_is_no_file(path)
        with contextlib.closing(_connect(path)) as connection:
            return {"tables": dict(_tables(connection))}
    except (OSError, ValueError, sqlite3.Error, MemoryError) as error:
        return {"tampered": f"{type(error).__name__}: {error}"[:200]}


def _refuse_what_is_no_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file")
        if found.st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST >> 20} MiB")
    finally:
        os.close(handle)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def _tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[list[Any]]]]:
    if (answer := connection.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
        raise ValueError(f"quick_check: {answer}")
    for kind, name in connection.execute("SELECT type, name FROM sqlite_schema").fetchall():
        if kind in ("view", "trigger"):
            raise ValueError(f"a {kind}, {name!r}, where the lesson has tables only")
        if kind == "table" and name in COLUMNS:
            yield name, _rows(connection, name)


def _rows(connection: sqlite3.Connection, table: str) -> list[list[Any]]:
    known = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    columns = ", ".join(f'"{name}"' for name in COLUMNS[table] if name in known)
    query = f'SELECT {columns} FROM "{table}" ORDER BY {columns}'  # noqa: S608 - names of ours
    rows = connection.execute(query).fetchmany(MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise ValueError(f"over {MOST_ROWS} rows in {table}")
    return [[str(value) for value in row] for row in rows]
