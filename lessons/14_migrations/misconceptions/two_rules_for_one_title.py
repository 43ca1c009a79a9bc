"""The new rule is made; the old one is left where it is."""


def tighten():
    with op.batch_alter_table("cases") as cases:
        cases.alter_column("last_activity_at", nullable=False)
        cases.create_check_constraint(
            op.f("ck_cases_title_300"), "length(title) BETWEEN 1 AND 300"
        )
