"""The steps from numbers to UUIDs, while programs run. Never stops one to change a table."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, bindparam, column, select, table, update

from case_tracker.adapters.sql.migrations.guards import alone
from case_tracker.adapters.sql.sqlite import BEGIN_OPTION

NOTES = table("case_notes", column("id", sa.Integer), column("uid", sa.Uuid))


def run(engine: Engine, step: Callable[[], None]) -> None:
    """Run expand, require or contract in one transaction."""
    with engine.connect() as connection, alone(connection), connection.begin():
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            step()


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that reads, then writes; SQLite waits for its turn at the start."""
    return engine.execution_options(**{BEGIN_OPTION: "IMMEDIATE"}).begin()


def expand() -> None:
    """Add the new key. It may be empty: V1 does not know it."""
    op.add_column("case_notes", sa.Column("uid", sa.Uuid(), nullable=True))
    op.create_index("uq_case_notes_uid", "case_notes", ["uid"], unique=True)


def backfill(engine: Engine, size: int) -> Iterator[int]:
    """Give each note without a `uid` a UUID of its own, until no such note is left.

    At most `size` notes in one transaction; after each commit, yield how many they were. Whoever
    stops in between keeps what is done. A `uid` that is there stays.
    """
    # TODO 15.3: a commit after each batch, so that a stop loses nothing that was committed
    left = NOTES.c.uid.is_(None)
    fill = update(NOTES).where(NOTES.c.id == bindparam("note"), left).values(uid=bindparam("new"))
    with writing(engine) as connection:
        notes = connection.scalars(select(NOTES.c.id).where(left)).all()
        for start in range(0, len(notes), size):
            batch = notes[start : start + size]
            connection.execute(fill, [{"note": note, "new": uuid4()} for note in batch])
            yield len(batch)


def require() -> None:
    """Refuse a note without the new key."""
    with op.batch_alter_table("case_notes") as notes:
        notes.alter_column("uid", nullable=False)


def contract() -> None:
    """Make `uid` the primary key. Numbers stay, for links of last year; no new ones are made."""
    with op.batch_alter_table("case_notes") as notes:
        notes.drop_constraint(op.f("pk_case_notes"), type_="primary")
        notes.alter_column("id", nullable=True, server_default=None)
        notes.create_primary_key(op.f("pk_case_notes"), ["uid"])


# TODO 15.4: put the eight steps into an order that no running version notices
ROLLOUT = (
    "stop V1",
    "expand",
    "backfill",
    "require",
    "contract",
    "start V3",
    "start V2",
    "stop V2",
)
