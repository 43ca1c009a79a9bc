"""an actor and an order for audit events.

Two events of one second have an order, each has an actor, none belongs to a case that never was.
Never imports the application.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Build the table anew: events are numbered by their time, their actor is "unknown".

    An event without a case makes it fail, and changes nothing: somebody has to look at it.
    """
    _put_aside()
    op.create_table(
        "audit_events",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("event_type", TEXT, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details_json", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_events_id")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_audit_events_case_id_cases")
        ),
    )
    op.execute(
        "INSERT INTO audit_events (id, case_id, actor, event_type, occurred_at, details_json)"
        " SELECT id, case_id, 'unknown', event_type, occurred_at, details_json"
        " FROM audit_events_before ORDER BY occurred_at, id"
    )
    op.drop_table("audit_events_before")


def downgrade() -> None:
    """Build the first table again. Who did it, and which of two events came first, is lost."""
    _put_aside()
    op.create_table(
        "audit_events",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("event_type", TEXT, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details_json", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.execute(
        "INSERT INTO audit_events (id, case_id, event_type, occurred_at, details_json)"
        " SELECT id, case_id, event_type, occurred_at, details_json FROM audit_events_before"
    )
    op.drop_table("audit_events_before")


def _put_aside() -> None:
    op.rename_table("audit_events", "audit_events_before")
    if op.get_context().dialect.name == "postgresql":
        # There the name of a key is taken in the whole schema; dropping frees it for the new one.
        op.execute("ALTER TABLE audit_events_before DROP CONSTRAINT pk_audit_events")
