"""a version for every case.

Two clients that read the same case must not overwrite each other. Never imports the application.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column; every case that is there gets version 1.

    The default is there to fill it: PostgreSQL does not touch a single row for it. It goes away
    again, so that a writer who forgets the version fails instead of starting at 1.
    """
    op.add_column("cases", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("cases", copy_from=_cases()) as cases:
        cases.alter_column("version", server_default=None)


def downgrade() -> None:
    """Drop the column. From then on the last writer wins."""
    with op.batch_alter_table("cases", copy_from=_cases()) as cases:
        cases.drop_column("version")


def _cases() -> sa.Table:
    # Written out, not reflected: SQLite builds the table anew from this, also in a script.
    return sa.Table(
        "cases",
        sa.MetaData(),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
