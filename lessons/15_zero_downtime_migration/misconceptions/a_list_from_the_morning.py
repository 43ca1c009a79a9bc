"""The work is listed first, then done."""


def backfill(engine, size):
    fill = update(NOTES).where(NOTES.c.id == bindparam("note")).values(uid=bindparam("new"))
    with engine.connect() as connection:
        notes = connection.scalars(select(NOTES.c.id).where(NOTES.c.uid.is_(None))).all()
    for start in range(0, len(notes), size):
        batch = notes[start : start + size]
        with writing(engine) as connection:
            connection.execute(fill, [{"note": note, "new": uuid4()} for note in batch])
        yield len(batch)
