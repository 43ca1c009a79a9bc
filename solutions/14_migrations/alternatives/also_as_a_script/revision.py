"""the last activity of every case.

The table is written out, so that SQLite can build it anew in a script, too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
STATES = "'DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'APPROVED', 'REJECTED', 'RETURNED', 'CLOSED'"
OLD, NEW = "length(title) BETWEEN 1 AND 200", "length(title) BETWEEN 1 AND 300"


def upgrade() -> None:
    change_columns()
    fill()
    tighten()


def change_columns() -> None:
    op.alter_column("audit_events", "details_json", new_column_name="details")
    op.add_column("cases", sa.Column("last_activity_at", TIME, nullable=True))


def fill() -> None:
    op.execute(
        "UPDATE cases SET last_activity_at = CASE"
        " WHEN EXISTS (SELECT 1 FROM case_notes n WHERE n.case_id = cases.id)"
        " THEN (SELECT max(n.created_at) FROM case_notes n WHERE n.case_id = cases.id)"
        " ELSE created_at END"
    )


def tighten() -> None:
    with op.batch_alter_table("cases", copy_from=_cases(OLD)) as cases:
        _title_rule(cases, NEW)
        cases.alter_column("last_activity_at", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("cases", copy_from=_cases(NEW)) as cases:
        _title_rule(cases, OLD)
        cases.drop_column("last_activity_at")
    op.alter_column("audit_events", "details", new_column_name="details_json")


def _title_rule(cases: "op.BatchOperations", rule: str) -> None:
    cases.drop_constraint(op.f("ck_cases_title_length"), type_="check")
    cases.create_check_constraint(op.f("ck_cases_title_length"), rule)


def _cases(title_rule: str) -> sa.Table:
    alive = sa.column("deleted_at").is_(None)
    rules = {
        "ck_cases_status_known": f"status IN ({STATES})",
        "ck_cases_id_length": "length(id) BETWEEN 1 AND 40",
        "ck_cases_title_length": title_rule,
        "ck_cases_reference_length": "length(reference) <= 60",
        "ck_cases_version_positive": "version >= 1",
    }
    return sa.Table(
        "cases",
        sa.MetaData(),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", TEXT, nullable=True),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.Column("last_activity_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        *[sa.CheckConstraint(rule, op.f(name)) for name, rule in rules.items()],
        sa.Index("uq_cases_reference_alive", "reference", unique=True, sqlite_where=alive),
        sa.Index("ix_cases_status_id_alive", "status", "id", sqlite_where=alive),
    )
