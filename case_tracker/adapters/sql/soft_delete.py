"""Deleted cases stay in the database, out of sight. Never filters by itself: a query says so.

A criterion that is added to every query behind your back leaks: an object that the Session knows,
a bulk UPDATE and a Core SELECT do not see it. So each read of the repository names the predicate.
"""

from datetime import datetime

from sqlalchemy import Column, ColumnElement, FromClause, Index
from sqlalchemy.orm import Mapped


class SoftDeleted:
    """Mixin: `deleted_at` is empty while the row is alive."""

    deleted_at: Mapped[datetime | None]


class Referenced:
    """Mixin: the number under which another system knows the row; unique among living rows."""

    reference: Mapped[str | None]


def alive(rows: type[SoftDeleted] | FromClause) -> ColumnElement[bool]:
    """Return the predicate that hides deleted rows, for a record or for its table."""
    deleted_at = rows.c.deleted_at if isinstance(rows, FromClause) else rows.deleted_at
    return deleted_at.is_(None)


def unique_among_living(column: Column[str | None]) -> None:
    """Let the database refuse a value that a living row has already.

    A deleted row does not count: its value can be used again. Rows without a value never clash.
    """
    name = f"uq_{column.table.name}_{column.name}_alive"
    living = alive(column.table)
    Index(name, column, unique=True, sqlite_where=living, postgresql_where=living)
