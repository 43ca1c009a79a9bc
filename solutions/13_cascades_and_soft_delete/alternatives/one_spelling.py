"""One way to the column, for a record and for a table; the index is told after it was made."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, ColumnElement, FromClause, Index, inspect, null
from sqlalchemy.orm import Mapped

if TYPE_CHECKING:
    from collections.abc import Mapping


class SoftDeleted:
    deleted_at: Mapped[datetime | None]


class Referenced:
    reference: Mapped[str | None]


def alive(rows: type[SoftDeleted] | FromClause) -> ColumnElement[bool]:
    columns: Mapping[str, ColumnElement[datetime]] = inspect(rows).columns
    return columns["deleted_at"] == null()


def unique_among_living(column: Column[str | None]) -> None:
    index = Index(f"uq_{column.table.name}_{column.name}_alive", column, unique=True)
    for dialect in ("postgresql", "sqlite"):
        index.dialect_options[dialect]["where"] = alive(column.table)
