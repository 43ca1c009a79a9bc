"""What can be observed of lesson 11 from outside: rows, names of rules, names of errors."""

import importlib
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    insert,
    text,
)

from workbook.probe import WORDS, outcome

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
CASE = {"title": "Late", "status": "DRAFT", "version": 1, "created_at": TEN, "updated_at": TEN}
NOTE = {"case_id": "CASE-1", "text": "called", "created_at": TEN}
EVENT = {"case_id": "CASE-1", "actor": "ana", "event_type": "opened", "occurred_at": TEN}
STATUSES = ("DRAFT", "SUBMITTED", "UNDER_REVIEW", "APPROVED", "REJECTED", "RETURNED", "CLOSED")


def a_row_without_a_reference(_exercise):
    """Answer the prediction: a CHECK over a column that is NULL."""
    with database() as scratch:
        answer = scratch.send("cases", **CASE, id="CASE-1", reference=None)
        too_long = scratch.send("cases", **CASE, id="CASE-2", reference=61 * "x")
    if too_long != "refused":
        return f"the CHECK is not there: {too_long}"
    return {1: "it lets the row in", "refused": "it refuses the row"}.get(answer, answer)


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    dice = random.Random(seed)
    if task == 1:
        return names(exercise, dice)
    with database() as scratch:
        for number in (1, 2, 3):
            scratch.send("cases", **CASE, id=f"CASE-{number}", reference=f"INV-{number}")
        return TASKS[task](scratch, dice)


def app(module, name):
    """Return what a module of the sql adapter has under this name, as this lesson sees it."""
    return getattr(importlib.import_module(f"case_tracker.adapters.sql.{module}"), name)


class Scratch:
    """A database with the app's tables and the learner's rules."""

    def __init__(self, engine):
        self.engine = engine

    def insert(self, table, row):
        """Insert a row past the domain."""
        with self.engine.begin() as connection:
            table = app("tables", "METADATA").tables[table]
            return connection.execute(insert(table).values(row)).rowcount

    def send(self, table, **row):
        """Insert a row; return 1, or "refused", or the name of another error."""
        answer = outcome(self.insert, table, row)
        return "refused" if answer == "raised IntegrityError" else answer

    def told(self, table, **row):
        """Insert a row inside translated_errors(); return the error, its rule and its cause."""
        translated_errors = app("errors", "translated_errors")
        try:
            with translated_errors():
                return self.insert(table, row)
        except Exception as error:  # noqa: BLE001 - whatever comes out is the answer
            rule = getattr(error, "constraint", None)
            return [type(error).__name__, rule, type(error.__cause__).__name__]


@contextmanager
def database():
    """Give the block an empty SQLite file with all tables; it is gone afterwards."""
    with TemporaryDirectory(prefix="workbook-probe-") as folder:
        engine = app("engine", "build_engine")(f"sqlite:///{Path(folder) / 'cases.db'}")
        try:
            app("tables", "METADATA").create_all(engine)
            yield Scratch(engine)
        finally:
            engine.dispose()


def names(exercise, dice):
    """The names of rules over some columns of some table."""
    one, two, three, other = dice.sample(WORDS, 4)
    metadata = MetaData(naming_convention=exercise.CONSTRAINT_NAMES)
    table = Table(
        dice.choice(WORDS) + "s", metadata, *(Column(n, Integer) for n in (one, two, three))
    )
    rules = [
        PrimaryKeyConstraint(one, two),
        UniqueConstraint(one),
        UniqueConstraint(one, three),
        CheckConstraint(f"{two} > 0", name=f"{two}_positive"),
        ForeignKeyConstraint([two, three], [f"{other}_things.a", f"{other}_things.b"]),
    ]
    for rule in rules:
        table.append_constraint(rule)
    rules += [Index(None, table.c[two]), Index(None, table.c[two], table.c[one])]
    return [str(rule.name) for rule in rules]


def case_checks(scratch, dice):
    """Rows at both ends of each rule, and a little outside."""
    rows = [{"status": status} for status in (*STATUSES, "LOST", "draft")]
    rows += [{"title": size * "x"} for size in (0, 1, 200, 201, dice.randrange(202, 999))]
    rows += [{"reference": size * "x"} for size in (60, 61, dice.randrange(2, 60))]
    rows += [{"version": version} for version in (-dice.randrange(1, 9), 0, 1, 7)]
    rows += [{"id": size * "y"} for size in (0, 1, 40, 41)]
    dice.shuffle(rows)
    return [
        [row, scratch.send("cases", **({"id": f"NEW-{number}"} | CASE | row))]
        for number, row in enumerate(rows)
    ]


def note_rule(scratch, dice):
    """Notes of many lengths."""
    sizes = [0, 1, 10_000, 10_001, dice.randrange(2, 10_000), dice.randrange(10_002, 20_000)]
    return [[size, scratch.send("case_notes", **NOTE | {"text": size * "x"})] for size in sizes]


def audit_rule(scratch, dice):
    """Events, some with an id that stands already, in the same case or in another one."""
    answers = []
    for _ in range(12):
        event = {"id": f"event-{dice.randrange(5)}", "case_id": f"CASE-{dice.randrange(1, 4)}"}
        answers.append(scratch.send("audit_events", **EVENT | event, details_json="{}"))
    return answers


def refusals(scratch, dice):
    """What a caller is told about each rule that can be broken here, and about some by name."""
    scratch.send("case_notes", **NOTE, id=1)
    told = [
        scratch.told("cases", **CASE, id=f"CASE-{dice.randrange(1, 4)}"),
        scratch.told("cases", **CASE, id="NEW", reference=f"INV-{dice.randrange(1, 4)}"),
        scratch.told("cases", **CASE | {"title": None}, id="NEW"),
        scratch.told("case_notes", **NOTE, id=1),
        scratch.told("case_notes", **NOTE | {"case_id": "NONE"}),
    ]
    by_name = app("errors", "refusal")
    rules = ("ck_cases_reference_length", "uq_audit_events_id", "fk_case_notes_case_id_cases")
    return told + [
        (type(e := by_name(rule)).__name__, getattr(e, "constraint", 0)) for rule in rules
    ]


def errors(scratch, dice):
    """What leaves the block: domain errors with their cause, bugs as they are, nothing else."""
    translated_errors = app("errors", "translated_errors")

    def fail(error, translation=None):
        with translated_errors(translation):
            raise error

    def query(sql):
        with translated_errors(), scratch.engine.connect() as connection:
            return connection.execute(text(sql)).scalar_one()

    taken = scratch.told("cases", **CASE, id=f"CASE-{dice.randrange(1, 4)}")
    own = KeyError(dice.choice(WORDS))
    return [
        isinstance(taken, list) and taken[0] != "IntegrityError" and taken[2],
        outcome(query, "SELECT count(*) FROM cases"),
        outcome(query, f"SELECT {dice.choice(WORDS)} FROM nowhere"),
        outcome(fail, own),
    ]


TASKS = {2: case_checks, 3: note_rule, 4: audit_rule, 5: refusals, 6: errors}
