"""the last activity of every case.

A list of forgotten cases needs it. Never imports the application.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0004 to 0005, in three steps."""
    change_columns()
    fill()
    tighten()


def change_columns() -> None:
    """Rename `details_json` of `audit_events` to `details`; add `last_activity_at` to `cases`.

    No value is lost, and no case has a last activity yet.
    """
    op.alter_column("audit_events", "details_json", new_column_name="details")
    op.add_column("cases", sa.Column("last_activity_at", sa.DateTime(timezone=True)))


def fill() -> None:
    """Write the last activity of every case, deleted ones included. Sends 1 statement.

    It is the newest `created_at` of its notes (`case_notes.case_id` names the case); without notes,
    the `created_at` of the case.
    """
    op.execute(
        "UPDATE cases SET last_activity_at = COALESCE("
        "(SELECT max(created_at) FROM case_notes WHERE case_id = cases.id), created_at)"
    )


def tighten() -> None:
    """Require the last activity, and let a title have 1 to 300 characters (until now 200).

    The rule keeps its name, `ck_cases_title_length`.
    """
    with op.batch_alter_table("cases") as cases:
        cases.alter_column("last_activity_at", nullable=False)
        cases.drop_constraint(op.f("ck_cases_title_length"), type_="check")
        cases.create_check_constraint(
            op.f("ck_cases_title_length"), "length(title) BETWEEN 1 AND 300"
        )


def downgrade() -> None:
    """Go back to 0004. The last activity is lost; a title of over 200 characters stops it."""
    rule = op.f("ck_cases_title_length")
    with op.batch_alter_table("cases") as cases:
        cases.drop_constraint(rule, type_="check")
        cases.create_check_constraint(rule, "length(title) BETWEEN 1 AND 200")
        cases.drop_column("last_activity_at")
    op.alter_column("audit_events", "details", new_column_name="details_json")
