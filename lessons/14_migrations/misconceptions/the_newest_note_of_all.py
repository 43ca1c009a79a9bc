"""The subquery does not know which case it is asked about."""


def fill():
    op.execute(
        "UPDATE cases SET last_activity_at ="
        " COALESCE((SELECT max(created_at) FROM case_notes), created_at)"
    )
