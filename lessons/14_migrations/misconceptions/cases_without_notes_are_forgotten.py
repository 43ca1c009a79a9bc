"""Every case has notes, has it not?"""


def fill():
    op.execute(
        "UPDATE cases SET last_activity_at ="
        " (SELECT max(created_at) FROM case_notes WHERE case_id = cases.id)"
    )
