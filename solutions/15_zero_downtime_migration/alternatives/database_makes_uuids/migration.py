"""The database makes the UUIDs: one UPDATE for each batch, and no value travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import column, func, select, table, update

from case_tracker.adapters.sql.migrations.guards import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

NOTES = table("case_notes", column("id", sa.Integer), column("uid", sa.Uuid))
NEW_UUID = {
    "sqlite": func.lower(func.hex(func.randomblob(16))),
    "postgresql": func.gen_random_uuid(),
}


def run(engine: Engine, step: Callable[[], None]) -> None:
    with engine.connect() as connection, alone(connection), connection.begin():
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            step()


def expand() -> None:
    op.add_column("case_notes", sa.Column("uid", sa.Uuid(), nullable=True))
    op.create_index("uq_case_notes_uid", "case_notes", ["uid"], unique=True)


def backfill(engine: Engine, size: int) -> Iterator[int]:
    some = select(NOTES.c.id).where(NOTES.c.uid.is_(None)).limit(size).scalar_subquery()
    fill = update(NOTES).where(NOTES.c.id.in_(some)).values(uid=NEW_UUID[engine.dialect.name])
    while filled := _committed(engine, fill):
        yield filled


def _committed(engine: Engine, statement: sa.Update) -> int:
    with engine.begin() as connection:
        return connection.execute(statement).rowcount


def require() -> None:
    with op.batch_alter_table("case_notes") as notes:
        notes.alter_column("uid", nullable=False)


def contract() -> None:
    with op.batch_alter_table("case_notes") as notes:
        notes.drop_constraint(op.f("pk_case_notes"), type_="primary")
        notes.alter_column("id", nullable=True, server_default=None)
        notes.create_primary_key(op.f("pk_case_notes"), ["uid"])


ROLLOUT = [
    "expand",
    "start V2",
    "backfill",  # most of the rows, without hurry
    "stop V1",
    "backfill",  # what V1 has written meanwhile
    "start V3",
    "stop V2",
    "require",
    "contract",
]
