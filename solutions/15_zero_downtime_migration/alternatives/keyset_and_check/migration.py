"""Walks along the numbers, so that no batch looks at rows that are done; then checks once more."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, bindparam, column, select, table, update

from case_tracker.adapters.sql.migrations.guards import alone

NOTES = table("case_notes", column("id", sa.Integer), column("uid", sa.Uuid))


def run(engine: Engine, step: Callable[[], None]) -> None:
    with engine.connect() as connection, alone(connection), connection.begin():
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            step()


def expand() -> None:
    op.add_column("case_notes", sa.Column("uid", sa.Uuid(), nullable=True))
    op.create_index("uq_case_notes_uid", "case_notes", ["uid"], unique=True)


def backfill(engine: Engine, size: int) -> Iterator[int]:
    last = 0
    while batch := _next(engine, last, size):
        with engine.begin() as connection:
            connection.execute(
                update(NOTES)
                .where(NOTES.c.id == bindparam("number"), NOTES.c.uid.is_(None))
                .values(uid=bindparam("new")),
                [{"number": number, "new": uuid4()} for number in batch],
            )
        last = batch[-1]
        yield len(batch)


def _next(engine: Engine, last: int, size: int) -> list[int]:
    query = select(NOTES.c.id).where(NOTES.c.id > last, NOTES.c.uid.is_(None))
    with engine.connect() as connection:
        return list(connection.scalars(query.order_by(NOTES.c.id).limit(size)))


def require() -> None:
    with op.batch_alter_table("case_notes") as notes:
        notes.alter_column("uid", nullable=False)


def contract() -> None:
    with op.batch_alter_table("case_notes") as notes:
        notes.drop_constraint(op.f("pk_case_notes"), type_="primary")
        notes.alter_column("id", nullable=True, server_default=None)
        notes.create_primary_key(op.f("pk_case_notes"), ["uid"])


ROLLOUT = (
    "expand",
    "start V2",
    "stop V1",
    "start V3",
    "backfill",
    "stop V2",
    "require",
    "contract",
)
