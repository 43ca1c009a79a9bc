"""Page after page, of a list that gets shorter."""


def backfill(engine, size):
    left = NOTES.c.uid.is_(None)
    waiting = select(NOTES.c.id).where(left).order_by(NOTES.c.id).limit(size)
    fill = update(NOTES).where(NOTES.c.id == bindparam("note"), left).values(uid=bindparam("new"))
    done = 0
    while True:
        with writing(engine) as connection:
            batch = connection.scalars(waiting.offset(done)).all()
            if not batch:
                return
            connection.execute(fill, [{"note": note, "new": uuid4()} for note in batch])
        done += len(batch)
        yield len(batch)
