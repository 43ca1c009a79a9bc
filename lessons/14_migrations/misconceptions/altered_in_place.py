"""What PostgreSQL can do, SQLite can do as well, or so it seems."""


def tighten():
    op.alter_column("cases", "last_activity_at", nullable=False)
    op.drop_constraint(op.f("ck_cases_title_length"), "cases", type_="check")
    op.create_check_constraint(
        op.f("ck_cases_title_length"), "cases", "length(title) BETWEEN 1 AND 300"
    )
