"""What can be observed of lesson 00 from outside: stored rows, returned cases, predictions."""

import random
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, Scratch, database_file, outcome


@contextmanager
def cases_file(exercise):
    """Give the block a database with the lesson's own table; it is gone afterwards."""
    with database_file() as path:
        engine = create_engine(f"sqlite:///{path}")
        exercise.Base.metadata.create_all(engine)
        try:
            yield Scratch(path, engine, sessionmaker(engine))
        finally:
            engine.dispose()


def rows_without_commit(exercise):
    """Answer the prediction: what is stored when a program adds a case and does not commit."""
    with cases_file(exercise) as database:
        with Session(database.engine) as session:
            exercise.add_case(session, "CASE-001", "Late report")
        return str(len(database.other_connection("SELECT id FROM cases")))


def card(exercise):
    """Count what is stored of ten cases that were added and committed."""
    with cases_file(exercise) as database:
        with Session(database.engine) as session:
            for number in range(10):
                exercise.add_case(session, f"CASE-{number}", "Late report")
            session.commit()
        return len(database.other_connection("SELECT id FROM cases"))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    if task in PREDICTIONS:
        return [_plain(value) for _, value in sorted(getattr(exercise, PREDICTIONS[task]).items())]
    with cases_file(exercise) as database:
        cases = _seeded(seed)
        _store(database, cases)
        with Session(database.engine) as session:
            return FUNCTIONS[task](exercise, session, database, cases)


def add(exercise, session, database, _cases):
    """A new case is invisible before the commit and complete after it."""
    calls = [outcome(exercise.add_case, session, "NEW-1", "One more")]
    return [_raised(calls), *_before_and_after(session, database)]


def get(exercise, session, database, cases):
    """Every stored case comes back, tracked; an unknown id is None; other rows stay unread."""
    with Recorder(database.engine) as sent:
        found = [
            _case(session, outcome(exercise.get_case, session, key))
            for key in [*(case[0] for case in cases), "UNKNOWN"]
        ]
    return [found, _rows_read(sent, database) <= len(cases)]


def rename(exercise, session, database, cases):
    """Some titles change with the commit, nothing else does, and other rows stay unread."""
    with Recorder(database.engine) as sent:
        calls = [outcome(exercise.rename_case, session, c[0], f"new {c[1]}") for c in cases[::3]]
    frugal = _rows_read(sent, database) <= len(calls)
    return [_raised(calls), frugal, *_before_and_after(session, database)]


def delete(exercise, session, database, cases):
    """Some cases are gone with the commit, no others are, and other rows stay unread."""
    with Recorder(database.engine) as sent:
        calls = [outcome(exercise.delete_case, session, case[0]) for case in cases[::3]]
    frugal = _rows_read(sent, database) <= len(calls)
    return [_raised(calls), frugal, *_before_and_after(session, database)]


def _rows_read(sent, database):
    """Return how many rows the recorded SELECTs bring to Python."""
    selects = [(s.text, s.parameters) for s in sent.statements if s.kind == "SELECT"]
    with database.engine.connect() as connection:
        return sum(len(connection.exec_driver_sql(*select).fetchall()) for select in selects)


def _raised(outcomes):
    """Return the names of the exceptions; what the functions return is not promised."""
    return [o for o in outcomes if isinstance(o, str) and o.startswith("raised ")]


def _before_and_after(session, database):
    """Return the table before the caller commits and after it."""
    query = "SELECT id, title, status FROM cases ORDER BY id"
    before = database.other_connection(query)
    ended = _raised([outcome(session.commit)])
    return [before, ended, database.other_connection(query)]


def _seeded(seed):
    """Return a few cases, the same for the same seed, in no order."""
    dice = random.Random(seed)
    numbers = dice.sample(range(1, 1000), 4 + seed % 20)
    states = ("DRAFT", "SUBMITTED", "CLOSED")
    return [(f"CASE-{n:03}", " ".join(dice.sample(WORDS, 2)), dice.choice(states)) for n in numbers]


def _store(database, cases):
    """Store cases in plain SQL, past the learner's functions."""
    with database.engine.begin() as connection:
        for case in cases:
            connection.exec_driver_sql("INSERT INTO cases VALUES (?, ?, ?)", case)


def _case(session, found):
    if found is None or isinstance(found, str):
        return found
    try:
        return [found.id, found.title, found.status, found in session]
    except Exception as error:  # noqa: BLE001 - a row or a list is an answer, too, and a wrong one
        return type(error).__name__


def _plain(value):
    """Return 1 for 1 and True; anything else is no prediction."""
    return int(value) if value in (0, 1) else "no prediction"


PREDICTIONS = {
    2: "SEEN_AFTER_ADD",
    4: "FOUND_BEFORE_COMMIT",
    6: "SEEN_AFTER_RENAME",
    8: "SEEN_AFTER_DELETE",
}
FUNCTIONS = {1: add, 3: get, 5: rename, 7: delete}
