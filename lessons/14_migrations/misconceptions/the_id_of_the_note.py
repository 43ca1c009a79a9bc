"""The case's id, or so it looks."""


def fill():
    op.execute(
        "UPDATE cases SET last_activity_at = COALESCE("
        "(SELECT max(created_at) FROM case_notes WHERE case_id = id), created_at)"
    )
