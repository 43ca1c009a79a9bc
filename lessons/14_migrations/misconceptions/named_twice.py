"""The whole name, and the convention adds its part."""


def tighten():
    with op.batch_alter_table("cases") as cases:
        cases.alter_column("last_activity_at", nullable=False)
        cases.drop_constraint(op.f("ck_cases_title_length"), type_="check")
        cases.create_check_constraint(
            "ck_cases_title_length", "length(title) BETWEEN 1 AND 300"
        )
