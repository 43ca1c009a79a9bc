"""What can be observed of lesson 09 from outside: stored cases, refusals, events, rollbacks."""

import random
from contextlib import contextmanager

from sqlalchemy import create_engine, event, insert, text
from sqlalchemy.orm import Session

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from workbook.probe import database_file, outcome, scratch

NO_SUCH_NOTE = (
    "CREATE TRIGGER no_such_note BEFORE INSERT ON case_notes WHEN NEW.text = 'refused'"
    " BEGIN SELECT RAISE(ABORT, 'no such note'); END"
)


def cases_after_the_rollback(_exercise):
    """Answer the prediction: a released savepoint, a rollback, an engine as it comes."""
    with database_file(keep=False) as path:
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE cases (id TEXT)"))
        with Session(engine) as session:
            with session.begin_nested():
                session.execute(text("INSERT INTO cases VALUES ('CASE-001')"))
            session.rollback()
            count = session.scalar(text("SELECT count(*) FROM cases"))
        engine.dispose()
        return str(count)


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, random.Random(seed))


@contextmanager
def stored_cases(exercise, *, keep=True):
    """Give the block a database with CASE-000 to CASE-004, and a way to import into it."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
    from case_tracker.adapters.sql.models import CaseRecord

    with scratch(keep=keep) as database:
        with database.session_factory.begin() as session:
            for n in range(5):
                row = {"id": f"CASE-{n:03}", "title": "late", "status": "DRAFT"}
                session.add(CaseRecord(**row, reference=f"INV-{n}"))

        def add_each(session, cases):
            repository = SqlAlchemyAuditEventRepository(session)
            return exercise.SqlRowImport(session, repository).add_each(cases, Actor("ben"))

        yield database, add_each


def a_file(dice):
    """Return cases in no order: good ones, and some of each kind that is refused."""
    numbers = iter(dice.sample(range(5, 100), 40))
    good = [
        new(next(numbers), notes=some(dice), reference=f"N-{dice.random()}") for _ in some(dice)
    ]
    halves = [new(next(numbers), notes=[*some(dice), "refused"]) for _ in some(dice)]
    taken = [new(dice.randrange(5), notes=some(dice)) for _ in some(dice)]
    clashes = [new(next(numbers), reference=f"INV-{dice.randrange(5)}") for _ in some(dice)]
    twice = [new(dice.choice(good).id.value, notes=some(dice)) for _ in some(dice)]
    cases = [*good, *halves, *taken, *clashes, *twice]
    dice.shuffle(cases)
    return cases


def some(dice):
    """Return 1 to 3 numbers."""
    return range(1 + dice.randrange(3))


def new(number, notes=(), reference=None):
    """Return a case as it stands in a file."""
    case_id = CaseId(number if isinstance(number, str) else f"CASE-{number:03}")
    words = [Note(str(note)) for note in notes]
    return Case(case_id, f"row with {len(words)} notes", notes=words, reference=reference)


def kept(exercise, dice):
    """The good cases are stored whole by the caller's commit, and the bad ones are returned."""
    with stored_cases(exercise) as (database, add_each), database.session_factory() as session:
        database.other_connection(NO_SUCH_NOTE)
        ends = []
        event.listen(database.engine, "commit", lambda _: ends.append("commit"))
        event.listen(database.engine, "rollback", lambda _: ends.append("rollback"))
        cases = a_file(dice)
        refusals = outcome(add_each, session, iter(cases))
        ended_early = bool(ends)
        outcome(session.commit)
        database.other_connection("DROP TRIGGER no_such_note")  # what is left is tables only
        seen = [told(refusals), ended_early, rows(database), notes(database)]
    return [seen, broken(exercise, cases)]


def broken(exercise, cases):
    """Say whether the caller hears of a table that is missing, and what is stored then."""
    with stored_cases(exercise, keep=False) as (database, add_each):
        database.other_connection("DROP TABLE case_notes")
        new = [Case(CaseId(f"NEW-{n}"), "x", notes=[Note("x")]) for n in range(len(cases))]
        with database.session_factory() as session:
            result = outcome(add_each, session, new)
            session.rollback()
        return isinstance(result, str)


def told(refusals):
    """Return the refused cases, and whether the reason is a clash or another rule."""
    if isinstance(refusals, str):
        return refusals
    clash = "exists already"
    return [[refusal.case.id.value, clash in str(refusal.reason)] for refusal in refusals]


def rows(database):
    """Return the stored cases."""
    return database.other_connection("SELECT id, title, reference FROM cases ORDER BY id")


def notes(database):
    """Return the stored notes."""
    return database.other_connection("SELECT case_id, text FROM case_notes ORDER BY case_id, id")


def logged(exercise, dice):
    """Each clash has an event at the case that is stored, in the order of the file."""
    with stored_cases(exercise) as (database, add_each), database.session_factory() as session:
        database.other_connection(NO_SUCH_NOTE)
        refusals = outcome(add_each, session, a_file(dice))
        ended = outcome(session.commit)
        database.other_connection("DROP TRIGGER no_such_note")
        columns = "case_id, actor, event_type, details_json"
        events = database.other_connection(f"SELECT {columns} FROM audit_events ORDER BY sequence")
        return [told(refusals), ended, events]


def undone(exercise, dice):
    """A rollback takes back released savepoints, in every transaction of one connection."""
    from case_tracker.adapters.sql.tables import CASES

    with stored_cases(exercise) as (database, _), database.engine.connect() as connection:
        seen = []
        for n in range(3 + dice.randrange(4)):
            with Session(connection) as session:
                for k in some(dice):
                    with session.begin_nested():
                        row = {"id": f"NEW-{n}-{k}", "title": "x", "status": "DRAFT", "version": 1}
                        session.execute(insert(CASES), row)
                before = rows(database)
                outcome(session.commit if dice.random() < 0.4 else session.rollback)
                seen.append([before, rows(database)])
        return seen


TASKS = {1: kept, 2: logged, 3: undone}
