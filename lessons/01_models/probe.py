"""What can be observed of lesson 01 from outside: rows that are stored, and names of errors."""

import importlib
import random
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, insert, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session

from workbook.probe import WORDS, database_file, outcome, some_cases

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def orphan_on_a_plain_engine(exercise):
    """Answer the prediction: what SQLite does with a note of a case that does not exist."""
    with database(prepared=False) as scratch:
        scratch.send("cases", exercise, id="CASE-001", title="Late report", status="DRAFT")
        note = {"case_id": "CASE-404", "text": "called", "created_at": TEN}
        answer = scratch.send("case_notes", exercise, **note)
        stored = scratch.rows("SELECT id FROM case_notes WHERE case_id = 'CASE-404'")
    if stored:
        return "the note is stored"
    refused = answer == "raised IntegrityError"
    return "the database refuses the note" if refused else "SQLAlchemy refuses it, no SQL is sent"


def card(exercise):
    """Count what is stored of ten notes of a case that does not exist."""
    with database() as scratch:
        scratch.send("cases", exercise, id="CASE-001", title="Late report", status="DRAFT")
        for _ in range(10):
            scratch.send("case_notes", exercise, case_id="CASE-404", text="lost", created_at=TEN)
        return len(scratch.rows("SELECT id FROM case_notes"))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    cases = [(c.id.value, c.title, c.status.value) for c in some_cases(seed, count=4 + seed % 20)]
    with database() as scratch:
        return outcome(TASKS[task], exercise, scratch, cases, random.Random(seed))


class Scratch:
    """A database of its own, reached past the learner's engine.py."""

    def __init__(self, path, engine):
        self.path = path
        self.engine = engine

    def rows(self, sql):
        """Return what a second connection sees, or the name of the error it meets."""
        with closing(sqlite3.connect(self.path)) as connection:
            return outcome(lambda: connection.execute(sql).fetchall())

    def send(self, table, exercise, **row):
        """Insert a row past the classes; return 1, or the name of the error."""

        def insert_row():
            found = exercise.CaseRecord.metadata.tables[table]
            found.create(self.engine, checkfirst=True)
            known = {column: row[column] for column in row if column in found.c}
            with self.engine.begin() as connection:
                return connection.execute(insert(found).values(known)).rowcount

        return outcome(insert_row)

    def store(self, exercise, cases):
        """Insert these cases."""
        return [
            self.send("cases", exercise, id=key, title=title, status=status)
            for key, title, status in cases
        ]


@contextmanager
def database(*, prepared=True):
    """Give the block an empty SQLite file; it is gone afterwards."""
    with database_file() as path:
        engine = create_engine(f"sqlite:///{path}")
        if prepared:
            importlib.import_module("case_tracker.adapters.sql.sqlite").prepare_sqlite(engine)
        try:
            yield Scratch(path, engine)
        finally:
            engine.dispose()


def case_record(exercise, scratch, cases, dice):
    """Whole cases are stored; a title, a status or an id that is missing or taken is refused."""
    answers = scratch.store(exercise, cases)
    key, title, status = dice.choice(cases)
    bad = [
        {"id": "NEW", "title": None, "status": status},
        {"id": "NEW", "status": status},
        {"id": "NEW", "title": title, "status": None},
        {"id": None, "title": title, "status": status},
        {"id": key, "title": "another", "status": status},
    ]
    answers += [scratch.send("cases", exercise, **row) for row in bad]
    key = scratch.rows("SELECT name FROM pragma_table_info('cases') WHERE pk > 0")
    return [answers, key, scratch.rows("SELECT id, title, status FROM cases ORDER BY id")]


def note_record(exercise, scratch, cases, dice):
    """Notes of stored cases get an id; every other note is refused."""
    scratch.store(exercise, cases)
    answers = []
    for number in range(10):
        note = {"case_id": dice.choice(cases)[0], "text": dice.choice(WORDS)}
        note["created_at"] = TEN + timedelta(minutes=number)
        changes = [{}, {"case_id": f"NO-{number}"}, *({column: None} for column in note)]
        answers += [scratch.send("case_notes", exercise, **note | change) for change in changes]
    notes = "typeof(id), case_id, text, substr(created_at, 1, 16)"
    return [answers, scratch.rows(f"SELECT {notes} FROM case_notes ORDER BY id")]


def engine(_exercise, scratch, cases, _dice):
    """The engine opens the file, later, and refuses orphans on each of three connections.

    A database that is not SQLite is not told to refuse them.
    """
    build = importlib.import_module("case_tracker.adapters.sql.engine").build_engine
    dialect = type("OtherDialect", (SQLiteDialect_pysqlite,), {"name": "other"})
    dialect.supports_statement_cache = True
    registry.impls["other"] = lambda: dialect
    found = []
    for url in (f"sqlite:///{scratch.path}", f"other:///{scratch.path}.other"):
        made = build(url)
        found += [made.dialect.name, scratch.path.exists()]
        try:
            with made.begin() as connection:
                create_by_hand(connection, cases)
            found += [orphans(made), scratch.rows("SELECT id FROM cases ORDER BY id")]
        finally:
            made.dispose()
    return found


def orphans(engine):
    """Return how many of three connections differ, and what each says to a note of no case."""
    orphan = text("INSERT INTO case_notes VALUES ('NO-CASE')")
    answers = []
    with ExitStack() as stack:
        connections = [stack.enter_context(engine.connect()) for _ in range(3)]
        answers.append(len({id(one.connection.dbapi_connection) for one in connections}))
        for connection in connections:
            answers.append(outcome(lambda c: c.execute(orphan).rowcount, connection))
            connection.rollback()
    return answers


def create_by_hand(connection, cases):
    """Create tables that owe nothing to the learner's classes."""
    connection.execute(text("CREATE TABLE cases (id TEXT PRIMARY KEY)"))
    connection.execute(text("CREATE TABLE case_notes (case_id TEXT REFERENCES cases (id))"))
    connection.execute(text("INSERT INTO cases VALUES (:id)"), [{"id": case[0]} for case in cases])


def session_factory(_exercise, scratch, cases, _dice):
    """Each Session has a transaction of its own, on a connection that it gives back."""
    with scratch.engine.begin() as connection:
        create_by_hand(connection, cases)
    module = importlib.import_module("case_tracker.adapters.sql.engine")
    factory = module.build_session_factory(scratch.engine)
    borrowed = [scratch.engine.pool.checkedout()]
    how_many = text("SELECT count(*) FROM cases")
    with closing(factory()) as one, closing(factory()) as two:
        one.execute(text("INSERT INTO cases VALUES ('NEW')"))
        seen = [two.execute(how_many).scalar_one(), one.execute(how_many).scalar_one()]
        borrowed.append(scratch.engine.pool.checkedout())
        one.commit()
    borrowed.append(scratch.engine.pool.checkedout())
    return [borrowed, seen, scratch.rows("SELECT count(*) FROM cases")]


def notes(exercise, scratch, cases, dice):
    """Notes are stored with their case, come by id, and go when they leave it or it goes."""
    scratch.store(exercise, cases)
    for number, minutes in enumerate(dice.sample(range(60), 12), 1):
        time = TEN + timedelta(minutes=minutes)
        note = {"id": number, "case_id": cases[number % 3][0], "text": dice.choice(WORDS)}
        scratch.send("case_notes", exercise, **note, created_at=time)
    left = "SELECT case_id, text FROM case_notes ORDER BY id"
    steps = [outcome(read, exercise, scratch, case[0]) for case in cases[:3]]
    for change in (append, take_out, delete):
        steps += [outcome(change, exercise, scratch, cases[change is delete][0])]
        steps += [scratch.rows(left)]
    return steps


def read(exercise, scratch, case_id):
    """Return the ids of the notes; rows that nobody puts in order come in one that surprises."""
    with Session(scratch.engine) as session:
        session.execute(text("CREATE INDEX surprise ON case_notes (case_id, created_at)"))
        session.execute(text("PRAGMA reverse_unordered_selects = ON"))
        case = session.get(exercise.CaseRecord, case_id)
        return [note.id for note in case.notes]


def append(exercise, scratch, case_id):
    """Store one more note."""
    with Session(scratch.engine) as session:
        note = exercise.CaseNoteRecord(text="one more", created_at=TEN)
        case = session.get(exercise.CaseRecord, case_id)
        case.notes.append(note)
        session.commit()


def take_out(exercise, scratch, case_id):
    """Take the first note out of its case."""
    with Session(scratch.engine) as session:
        case = session.get(exercise.CaseRecord, case_id)
        case.notes.pop(0)
        session.commit()


def delete(exercise, scratch, case_id):
    """Delete a case."""
    with Session(scratch.engine) as session:
        session.delete(session.get(exercise.CaseRecord, case_id))
        session.commit()


TASKS = {1: case_record, 2: note_record, 3: engine, 4: session_factory, 5: notes}
