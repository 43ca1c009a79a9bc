"""One line too far to the right."""


def backfill(engine, size):
    left = NOTES.c.uid.is_(None)
    waiting = select(NOTES.c.id).where(left).order_by(NOTES.c.id).limit(size)
    fill = update(NOTES).where(NOTES.c.id == bindparam("note"), left).values(uid=bindparam("new"))
    while True:
        with writing(engine) as connection:
            batch = connection.scalars(waiting).all()
            if not batch:
                return
            connection.execute(fill, [{"note": note, "new": uuid4()} for note in batch])
            yield len(batch)
