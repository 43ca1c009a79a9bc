"""Every module with tables is named, and then the one that adds rules and indexes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.migrations.guards import alone, check_references

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, MetaData

TABLES_IN = [f"case_tracker.adapters.sql.{name}" for name in ("models", "audit", "tables")]


def target() -> MetaData:
    return [import_module(name) for name in TABLES_IN][-1].METADATA


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), target())


def run(engine: Engine, step: Callable[[], None]) -> None:
    names = {"target_metadata": Conventions.metadata}
    with engine.connect() as connection, alone(connection), connection.begin():
        with Operations.context(MigrationContext.configure(connection, opts=names)):
            step()
        check_references(connection)
