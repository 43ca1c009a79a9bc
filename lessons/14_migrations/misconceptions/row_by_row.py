"""What a loop in Python can do."""


def fill():
    cases = sa.table("cases", sa.column("id"), sa.column("created_at"), sa.column("last_activity_at"))
    notes = sa.table("case_notes", sa.column("case_id"), sa.column("created_at"))
    connection = op.get_bind()
    for case_id, opened in connection.execute(sa.select(cases.c.id, cases.c.created_at)).all():
        newest = sa.select(sa.func.max(notes.c.created_at)).where(notes.c.case_id == case_id)
        time = connection.scalar(newest) or opened
        change = sa.update(cases).where(cases.c.id == case_id).values(last_activity_at=time)
        connection.execute(change)
