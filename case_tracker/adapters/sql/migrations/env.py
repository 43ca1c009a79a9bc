"""What Alembic runs around the revisions: one upgrade is one transaction, on every database.

Never asked for by name: Alembic runs this file. `case-tracker db …` hands it an engine;
`alembic …`, for authors, takes the database from CASE_TRACKER_DATABASE_URL.
"""

import os
from collections.abc import Iterable
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

# Every module with a table: the table of one that is missing here looks to Alembic as if it had to
# be dropped.
from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.migrations.guards import (
    LIMITS,
    SCRIPT_AFTER,
    SCRIPT_BEFORE,
    SCRIPT_HEADS,
    SCRIPT_INSIDE,
    alone,
    check_references,
)
from case_tracker.adapters.sql.tables import METADATA


def main() -> None:
    """Do what Alembic was asked for, on the database or, offline, as a script."""
    engine = context.config.attributes.get("engine") or _engine_of_the_author()
    if context.is_offline_mode():
        _write_script(engine.dialect.name)
        return
    with engine.connect() as connection:
        _migrate(connection)


def _engine_of_the_author() -> Engine:
    return build_engine(os.environ.get("CASE_TRACKER_DATABASE_URL", "sqlite:///case_tracker.db"))


def _migrate(connection: Connection) -> None:
    with alone(connection):
        context.configure(connection=connection, **_options())
        with context.begin_transaction():
            _execute(LIMITS.get(connection.dialect.name, ()))
            context.run_migrations()
            check_references(connection)


def _write_script(dialect: str) -> None:
    context.configure(
        dialect_name=dialect,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **_options(),
    )
    context.get_context().impl.static_output(SCRIPT_HEADS.get(dialect, ""))
    _execute(SCRIPT_BEFORE.get(dialect, ()))
    with context.begin_transaction():
        _execute([*SCRIPT_INSIDE.get(dialect, ()), *LIMITS.get(dialect, ())])
        context.run_migrations()
    _execute(SCRIPT_AFTER.get(dialect, ()))


def _execute(statements: Iterable[str]) -> None:
    for statement in statements:
        context.execute(statement)


def _options() -> dict[str, Any]:
    return {
        "target_metadata": METADATA,
        "transactional_ddl": True,  # our SQLite engine sends BEGIN itself
        "render_as_batch": True,
        "render_item": _render_item,
        "process_revision_directives": _number,
        "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    }


def _render_item(kind: str, item: object, _context: AutogenContext) -> str | bool:
    """Write our own type as the one it is made of: a revision imports nothing of the app."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _number(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:
    """Give a generated revision the next number as its id: names then sort as they follow."""
    known = len(list(ScriptDirectory.from_config(context.config).walk_revisions()))
    for script in scripts:
        script.rev_id = f"{known + 1:04}"


main()
