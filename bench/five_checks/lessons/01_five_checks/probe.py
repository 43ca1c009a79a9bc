"""What can be observed of the five functions: rows and answers on seeded data.

Every task has a database of its own: a copy of one that is filled once for each seed.
"""

import sqlite3
from functools import cache

from sqlalchemy import StaticPool, create_engine, insert
from sqlalchemy.orm import Session

from workbook.probe import WORDS, outcome


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    rows = rows_of(seed)
    engine = create_engine("sqlite://", creator=lambda: copy(exercise, seed), poolclass=StaticPool)
    with Session(engine) as session:
        seen = [outcome(call, exercise, session, rows) for call in CALLS[task]]
        session.rollback()
    engine.dispose()
    return seen


def rows_of(seed):
    """Return the rows of a database, in no order."""
    return [
        {"id": f"CASE-{(seed * 7 + n * 13) % 997:03}", "title": WORDS[(seed + n) % len(WORDS)]}
        for n in range(3 + seed % 9)
    ]


def copy(exercise, seed):
    """Return a connection to a database that nobody else has."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(filled(exercise, seed))
    return connection


@cache
def filled(exercise, seed):
    """Return a database with the learner's table and the rows in it, as bytes."""
    engine = create_engine("sqlite://")
    exercise.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(exercise.CaseRecord), rows_of(seed))
        content = connection.connection.driver_connection.serialize()
    engine.dispose()
    return content


def stored(exercise, session, _rows):
    """Return every row."""
    session.commit()
    rows = session.connection().exec_driver_sql("SELECT id, title FROM cases")
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
