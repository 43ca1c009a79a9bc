"""A required column needs a value: here is one."""


def change_columns():
    op.alter_column("audit_events", "details_json", new_column_name="details")
    today = "2026-11-25 00:00:00.000000"
    op.add_column(
        "cases",
        sa.Column(
            "last_activity_at", sa.DateTime(timezone=True), nullable=False, server_default=today
        ),
    )
