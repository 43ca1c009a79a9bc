"""What can be observed of lesson 06 from outside: ids, stored rows, refusals, values re-read."""

import importlib
import random
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId, Note
from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, outcome, scratch

LETTERS = "lesson_06_flush_and_commit_letters"
TABLES = ("case_notes", "audit_events")
SHELVE = (
    "CREATE TRIGGER shelve AFTER INSERT ON letters"
    " BEGIN UPDATE letters SET shelf = NEW.number || '-' || NEW.id WHERE id = NEW.id; END"
)


@contextmanager
def office(cases=1):
    """Give the block a database with cases and the table of letters, and a Session on it."""
    from case_tracker.adapters.sql.models import CaseRecord

    letters = importlib.import_module(LETTERS)
    with scratch() as database:
        letters.Base.metadata.create_all(database.engine)
        database.other_connection(SHELVE)
        with database.session_factory.begin() as session:
            for number in range(1, cases + 1):
                session.add(CaseRecord(id=f"CASE-{number:03}", title="late", status="DRAFT"))
        with database.session_factory() as session:
            yield database, session, letters
        database.other_connection("DROP TRIGGER shelve")  # what is left is tables only


def stored(database, *tables):
    """Return how many rows of each table a second connection sees."""
    return [database.other_connection(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def counted_in_sql_text(_exercise):
    """Answer the prediction: add a letter, and count in plain SQL through the same Session."""
    with office() as (_, session, letters):
        session.add(letters.LetterRecord(case_id="CASE-001", number="L-1"))
        return str(session.execute(text("SELECT count(*) FROM letters")).scalar())


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, random.Random(seed))


def notes(exercise, dice):
    """Notes and events are stored together, each event names its note; a refusal is told."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository

    with office(cases=3) as (database, session, _):
        log = exercise.SqlNoteLog(session, SqlAlchemyAuditEventRepository(session))
        before, returned = [], []
        for _ in range(2 + dice.randrange(6)):
            case_id = CaseId(f"CASE-{1 + dice.randrange(3):03}")
            actor = Actor(dice.choice(WORDS))
            returned.append(outcome(log.add, case_id, Note(dice.choice(WORDS)), actor))
            before.append(stored(database, *TABLES))
        ended = outcome(session.commit)
        seen = database.other_connection("SELECT id, case_id, text FROM case_notes ORDER BY id")
        told = trail(database)
        outcome(log.add, CaseId("CASE-001"), Note("never mind"), Actor("ana"))
        refused = told_of(outcome(log.add, CaseId("UNKNOWN"), Note("x"), Actor("ana")))
        session.rollback()
        return [returned, before, ended, seen, told, refused, stored(database, *TABLES)]


def trail(database):
    """Return case, actor, type and named note of every stored event, in order."""
    from case_tracker.adapters.sql.audit import AuditEventRecord, SqlAlchemyAuditEventRepository

    with Session(database.engine) as another:
        ids = sorted({row.case_id for row in another.query(AuditEventRecord)})
        repository = SqlAlchemyAuditEventRepository(another)
        events = [event for case_id in ids for event in repository.list(CaseId(case_id))]
        return [[e.case_id.value, e.actor.name, e.event_type, dict(e.details)] for e in events]


def told_of(result):
    """Say whether the caller was told of a refusal; by which class is the database's business."""
    return isinstance(result, str) and result.startswith("raised ")


def register(_exercise, dice):
    """A right letter waits for the commit; a wrong one is refused at once, with all before it."""
    with office() as (database, session, letters):
        numbers = [f"L-{n}" for n in dice.sample(range(100), 2 + dice.randrange(6))]
        seen = []
        for number in numbers:
            letter = letters.LetterRecord(case_id="CASE-001", number=number)
            told = told_of(outcome(letters.register, session, letter))
            seen.append([told, letter.number, letter.id is not None])
            seen.append(stored(database, "letters"))
        session.commit()
        for case_id, number in (("CASE-001", dice.choice(numbers)), ("UNKNOWN", "L-new")):
            fine = letters.LetterRecord(case_id="CASE-001", number="L-fine")
            outcome(letters.register, session, fine)
            wrong = letters.LetterRecord(case_id=case_id, number=number)
            seen.append(told_of(outcome(letters.register, session, wrong)))
            session.rollback()
            seen.append(stored(database, "letters"))
        return seen


def reread(_exercise, dice):
    """Letters that were re-read hold what the table holds, for one SELECT each."""
    with office() as (database, session, letters):
        numbers = dice.sample(range(100), 1 + dice.randrange(8))
        sent = [letters.LetterRecord(case_id="CASE-001", number=f"L-{n}") for n in numbers]
        session.add_all(sent)
        session.flush()
        seen = []
        for letter in sent:
            with Recorder(database.engine) as statements:
                found = outcome(letters.reread, session, letter)
                shelf = getattr(found, "shelf", found)
            seen.append([found is letter, shelf, statements.count() <= 1])
        return [seen, stored(database, "letters")]


def counted(_exercise, _dice):
    """The predicted numbers."""
    predicted = importlib.import_module(LETTERS).COUNTED
    return [[who, int(n) if n in (0, 1) else "empty"] for who, n in sorted(predicted.items())]


TASKS = {1: notes, 2: register, 3: reread, 4: counted}
