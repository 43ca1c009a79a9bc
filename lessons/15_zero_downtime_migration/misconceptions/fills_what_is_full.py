"""All notes, from the first to the last."""


def backfill(engine, size):
    fill = update(NOTES).where(NOTES.c.id == bindparam("note")).values(uid=bindparam("new"))
    last = 0
    while True:
        waiting = select(NOTES.c.id).where(NOTES.c.id > last).order_by(NOTES.c.id).limit(size)
        with writing(engine) as connection:
            batch = connection.scalars(waiting).all()
            if not batch:
                return
            connection.execute(fill, [{"note": note, "new": uuid4()} for note in batch])
        last = batch[-1]
        yield len(batch)
