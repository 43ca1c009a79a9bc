"""the last activity of every case.

Core expressions in the place of SQL text, and batch mode wherever a table changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CASES = sa.table("cases", sa.column("id"), sa.column("created_at"), sa.column("last_activity_at"))
NOTES = sa.table("case_notes", sa.column("case_id"), sa.column("created_at"))
TITLE = "ck_cases_title_length"


def upgrade() -> None:
    change_columns()
    fill()
    tighten()


def change_columns() -> None:
    with op.batch_alter_table("cases") as cases:
        cases.add_column(sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("audit_events") as events:
        events.alter_column("details_json", new_column_name="details")


def fill() -> None:
    newest = sa.select(sa.func.max(NOTES.c.created_at)).where(NOTES.c.case_id == CASES.c.id)
    last = sa.func.coalesce(newest.scalar_subquery(), CASES.c.created_at)
    op.execute(sa.update(CASES).values(last_activity_at=last))


def tighten() -> None:
    with op.batch_alter_table("cases") as cases:
        cases.drop_constraint(TITLE)
        cases.create_check_constraint("title_length", "length(title) >= 1 AND length(title) <= 300")
    with op.batch_alter_table("cases") as cases:
        cases.alter_column("last_activity_at", existing_type=sa.DateTime(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("cases") as cases:
        cases.drop_constraint(op.f(TITLE), type_="check")
        cases.create_check_constraint(op.f(TITLE), "length(title) BETWEEN 1 AND 200")
        cases.drop_column("last_activity_at")
    with op.batch_alter_table("audit_events") as events:
        events.alter_column("details", new_column_name="details_json")
