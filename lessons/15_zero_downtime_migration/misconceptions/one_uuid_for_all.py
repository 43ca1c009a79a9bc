"""uuid4() is called for each row, or so it looks."""


def backfill(engine, size):
    waiting = select(NOTES.c.id).where(NOTES.c.uid.is_(None)).order_by(NOTES.c.id).limit(size)
    while True:
        with writing(engine) as connection:
            batch = connection.scalars(waiting).all()
            if not batch:
                return
            connection.execute(update(NOTES).where(NOTES.c.id.in_(batch)).values(uid=uuid4()))
        yield len(batch)
