"""deleted cases, references and rules.

The database itself guarantees what the domain promises. Never imports the application.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

ALIVE = sa.text("deleted_at IS NULL")
CASE_RULES = {
    "ck_cases_status_known": (
        "status IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'APPROVED', 'REJECTED', 'RETURNED',"
        " 'CLOSED')"
    ),
    "ck_cases_id_length": "length(id) BETWEEN 1 AND 40",
    "ck_cases_title_length": "length(title) BETWEEN 1 AND 200",
    "ck_cases_reference_length": "length(reference) <= 60",
    "ck_cases_version_positive": "version >= 1",
}
NOTE_RULES = {"ck_case_notes_text_length": "length(text) BETWEEN 1 AND 10000"}
NOTE_OF_CASE = "fk_case_notes_case_id_cases"


def upgrade() -> None:
    """Every case is alive and has no reference. A row that breaks a rule makes it fail.

    PostgreSQL reads both tables once, for the CHECKs and the indexes, and lets nobody write
    meanwhile; a million cases are a matter of seconds.
    """
    with op.batch_alter_table("cases", copy_from=_cases()) as cases:
        cases.add_column(sa.Column("reference", TEXT, nullable=True))
        cases.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        for name, rule in CASE_RULES.items():
            cases.create_check_constraint(op.f(name), rule)
    with op.batch_alter_table("case_notes", copy_from=_notes()) as notes:
        notes.drop_constraint(op.f(NOTE_OF_CASE), type_="foreignkey")
        notes.create_foreign_key(
            op.f(NOTE_OF_CASE), "cases", ["case_id"], ["id"], ondelete="CASCADE"
        )
        for name, rule in NOTE_RULES.items():
            notes.create_check_constraint(op.f(name), rule)
    _create_indexes()


def downgrade() -> None:
    """Deleted cases come back to life; which case had which reference is lost."""
    op.drop_index("ix_audit_events_case_id_sequence", table_name="audit_events")
    op.drop_index("ix_case_notes_case_id_id", table_name="case_notes")
    op.drop_index("ix_cases_status_id_alive", table_name="cases")
    op.drop_index("uq_cases_reference_alive", table_name="cases")
    with op.batch_alter_table("case_notes", copy_from=_notes(NOTE_RULES, "CASCADE")) as notes:
        for name in NOTE_RULES:
            notes.drop_constraint(op.f(name), type_="check")
        notes.drop_constraint(op.f(NOTE_OF_CASE), type_="foreignkey")
        notes.create_foreign_key(op.f(NOTE_OF_CASE), "cases", ["case_id"], ["id"])
    with op.batch_alter_table("cases", copy_from=_cases(CASE_RULES)) as cases:
        for name in CASE_RULES:
            cases.drop_constraint(op.f(name), type_="check")
        cases.drop_column("deleted_at")
        cases.drop_column("reference")


def _create_indexes() -> None:
    op.create_index(
        "uq_cases_reference_alive",
        "cases",
        ["reference"],
        unique=True,
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )
    op.create_index(
        "ix_cases_status_id_alive",
        "cases",
        ["status", "id"],
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )
    op.create_index("ix_case_notes_case_id_id", "case_notes", ["case_id", "id"])
    history = ["case_id", "sequence"]
    op.create_index("ix_audit_events_case_id_sequence", "audit_events", history)


def _cases(rules: dict[str, str] | None = None) -> sa.Table:
    """Return the table before this revision; with `rules`, as this revision leaves it.

    Written out, not reflected: SQLite builds the table anew from this, also in a script.
    """
    table = sa.Table(
        "cases",
        sa.MetaData(),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        *_checks(rules),
    )
    if rules:
        table.append_column(sa.Column("reference", TEXT, nullable=True))
        table.append_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    return table


def _notes(rules: dict[str, str] | None = None, ondelete: str | None = None) -> sa.Table:
    return sa.Table(
        "case_notes",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f(NOTE_OF_CASE), ondelete=ondelete
        ),
        *_checks(rules),
    )


def _checks(rules: dict[str, str] | None) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, op.f(name)) for name, rule in (rules or {}).items()]
