"""Imported at the top and for its effect only, as an env.py does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

import case_tracker.adapters.sql.tables  # noqa: F401 - its classes and rules join the metadata
from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.migrations.guards import alone, check_references

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, MetaData


def target() -> MetaData:
    return Conventions.metadata


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), target())


def run(engine: Engine, step: Callable[[], None]) -> None:
    names = {"target_metadata": Conventions.metadata}
    with engine.connect() as connection, alone(connection), connection.begin():
        with Operations.context(MigrationContext.configure(connection, opts=names)):
            step()
        check_references(connection)
