"""Rows of a table through a driver's own cursor.

Never goes through SQLAlchemy's execution: that flushes, begins transactions and is recorded.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Dialect
from sqlalchemy.exc import MissingGreenlet

from workbook.lens.entries import cut
from workbook.lens.objects import row_key, shown
from workbook.lens.steps import Row, Table

SIGNATURE = "/* workbook.lens */"
"""Ends each statement of the lens: whoever traces the driver can tell it from the program's."""

_LONGEST_NOTE = 120


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the first `limit` rows of tables, without the hidden columns."""

    limit: int
    hidden: frozenset[str]

    def tables(
        self, connection: Any, dialect: Dialect, wanted: Iterable[sqlalchemy.Table]
    ) -> tuple[Table, ...]:
        """Return these tables as this driver connection sees them; raises nothing for a table."""
        run = runner(connection, dialect)
        return tuple(self._table(run, dialect, table) for table in wanted)

    def _table(self, run: "Run", dialect: Dialect, table: sqlalchemy.Table) -> Table:
        try:
            columns, rows = run(self._query(dialect, table))
        except MissingGreenlet:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; the note says what)
            return Table(table.fullname, note=told(error))
        keys = [place for place, name in enumerate(columns) if name in table.primary_key.columns]
        seen = [place for place, name in enumerate(columns) if name not in self.hidden]
        return Table(
            table.fullname,
            tuple(columns[place] for place in seen),
            tuple(_row(row, keys or seen, seen) for row in rows[: self.limit]),
            more=len(rows) > self.limit,
        )

    def _query(self, dialect: Dialect, table: sqlalchemy.Table) -> str:
        quoted = dialect.identifier_preparer
        order = ", ".join(quoted.format_column(column) for column in table.primary_key)
        ordered = f" ORDER BY {order}" if order else ""
        name = quoted.format_table(table)
        return f"SELECT * FROM {name}{ordered} LIMIT {self.limit + 1}"  # noqa: S608 (names are quoted)


Run = Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]


def runner(connection: Any, dialect: Dialect) -> Run:
    """Return a function that sends one text and returns columns and rows, both may be empty."""
    options: dict[str, Any] = {}
    if dialect.driver == "psycopg" and not dialect.is_async:
        options = {"prepare": False}  # the program's statements are prepared when they would be

    def run(text: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        with closing(connection.cursor()) as cursor:
            if dialect.driver == "pysqlite":
                cursor.row_factory = None  # the program may have its own
            cursor.execute(f"{text} {SIGNATURE}", **options)
            if cursor.description is None:
                return [], []
            return [column[0] for column in cursor.description], [tuple(r) for r in cursor]

    return run


def _row(row: tuple[Any, ...], keys: list[int], seen: list[int]) -> Row:
    return Row(row_key(row[place] for place in keys), tuple(shown(row[place]) for place in seen))


def told(error: BaseException) -> str:
    """Return what went wrong, on one short line."""
    first = str(error).strip().partition("\n")[0]
    return cut(first or type(error).__name__, _LONGEST_NOTE)
