"""The environment: which tables we want, and how a step is run safely. Changes no table itself."""

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, MetaData

from case_tracker.adapters.sql.conventions import Conventions
from case_tracker.adapters.sql.migrations.guards import alone, check_references


def target() -> MetaData:
    """Return what the database should look like: every table, with its rules and indexes."""
    # In an env.py this stands at the top.
    from case_tracker.adapters.sql.tables import METADATA

    return METADATA


def differences(engine: Engine) -> list[Any]:
    """Return what `alembic revision --autogenerate` would write: one tuple for each change."""
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), target())


def run(engine: Engine, step: Callable[[], None]) -> None:
    """Run `upgrade` or `downgrade` of a revision: all of it or nothing.

    On SQLite foreign keys are off meanwhile; before the commit, every reference is checked.
    """
    with engine.connect() as connection, alone(connection), connection.begin():
        names = {"target_metadata": Conventions.metadata}  # rules get their names by its convention
        context = MigrationContext.configure(connection, opts=names)
        with Operations.context(context):
            step()
        check_references(connection)
