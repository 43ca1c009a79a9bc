"""The generated revision fails, so the new column gets a default."""


def change_columns():
    with op.batch_alter_table("audit_events") as events:
        events.add_column(
            sa.Column("details", sa.String(), nullable=False, server_default="{}")
        )
        events.drop_column("details_json")
    op.add_column("cases", sa.Column("last_activity_at", sa.DateTime(timezone=True)))
