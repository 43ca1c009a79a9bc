"""What can be observed of the five functions: rows and answers on seeded data."""

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from workbook.probe import WORDS, outcome


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    engine = create_engine("sqlite://")
    exercise.Base.metadata.create_all(engine)
    rows = [
        {"id": f"CASE-{(seed * 7 + n * 13) % 997:03}", "title": WORDS[(seed + n) % len(WORDS)]}
        for n in range(3 + seed % 9)
    ]
    with engine.begin() as connection:
        connection.execute(insert(exercise.CaseRecord), rows)
    with Session(engine) as session:
        seen = [outcome(call, exercise, session, rows) for call in CALLS[task]]
        session.rollback()
    engine.dispose()
    return seen


def stored(exercise, session, _rows):
    """Return every row."""
    session.commit()
    rows = session.query(exercise.CaseRecord.id, exercise.CaseRecord.title)
    return sorted(map(list, rows))


def every_title(exercise, session, rows):
    """Return the title of each id, and of an unknown one."""
    return [exercise.title_of(session, key) for key in [*(row["id"] for row in rows), "NONE"]]


CALLS = {
    1: [lambda e, s, _: e.add(s, "NEW", "one more"), stored],
    2: [every_title],
    3: [lambda e, s, _: e.titles(s)],
    4: [lambda e, s, rows: e.rename(s, rows[0]["id"], "renamed"), stored],
    5: [lambda e, s, _: e.count(s)],
}
