"""Deleted cases are hidden, as lesson 13 has taught."""


def fill():
    op.execute(
        "UPDATE cases SET last_activity_at = COALESCE("
        "(SELECT max(created_at) FROM case_notes WHERE case_id = cases.id), created_at)"
        " WHERE deleted_at IS NULL"
    )
