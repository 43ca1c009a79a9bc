"""What can be observed of lesson 14 from outside: plans, columns, values, refusals."""

import random
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import column, delete, insert, inspect, select, table, text

from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, database_file, outcome

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
ENVIRONMENT, REVISION = "lesson_14_migrations_exercise", "lesson_14_migrations_revision"
TABLES = ("cases", "case_notes", "audit_events")
NEW_COLUMN = "ALTER TABLE cases ADD COLUMN last_activity_at DATETIME"


@contextmanager
def migrated(revision="head", *, keep=True):
    """Give the block an engine on a database at a revision of the application's history."""
    from case_tracker.adapters.sql.engine import build_engine
    from case_tracker.adapters.sql.schema import SqlSchema

    with database_file(keep=keep) as path:
        engine = build_engine(f"sqlite:///{path}")
        if revision:
            SqlSchema(engine).upgrade(revision)
        yield engine
        engine.dispose()


def notes_after_batch_mode(_exercise):
    """Answer the prediction: rebuild `cases` while foreign keys are enforced, and count."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with migrated("0004", keep=False) as engine:
        store(engine, "cases", [case("CASE-001", 0)])
        store(engine, "case_notes", [note("CASE-001", hour) for hour in (1, 2)])
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("cases") as cases:
                cases.alter_column("title", nullable=True)
        return str(len(read(engine, "case_notes", "id")))


def card(_exercise):
    """Count what Alembic would change in a database that needs no change."""
    return len(planned("head"))


def observe(_exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](random.Random(seed))


def case(key, minutes):
    """Return a row of `cases`, opened so many minutes after nine."""
    opened = NINE + timedelta(minutes=minutes)
    row = {"id": key, "title": "late", "status": "DRAFT", "version": 1, "deleted_at": None}
    return row | {"created_at": opened, "updated_at": NINE + timedelta(days=9)}


def note(key, hours):
    """Return a row of `case_notes`."""
    return {"case_id": key, "text": "called", "created_at": NINE + timedelta(hours=hours)}


def typed(name):
    """Return a column; our times end in `_at`."""
    from case_tracker.adapters.sql.conventions import UtcDateTime

    return column(name, UtcDateTime if name.endswith("_at") else None)


def store(engine, name, rows):
    """Insert rows past the application; no rows are fine."""
    with engine.begin() as connection:
        for row in rows:
            connection.execute(insert(table(name, *map(typed, row))), row)


def read(engine, name, *names):
    """Return columns of all rows as texts, ordered by the first one."""
    columns = [typed(each) for each in names]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).select_from(table(name)).order_by(columns[0]))
        return [[None if value is None else str(value) for value in row] for row in rows]


def some_rows(engine, dice):
    """Store up to 20 cases, some deleted, with 0 to 3 notes and 0 or 1 events each."""
    keys = [f"CASE-{number:03}" for number in dice.sample(range(1, 200), 4 + dice.randrange(16))]
    rows = [case(key, dice.randrange(600)) for key in keys]
    gone = [row | {"deleted_at": NINE} if dice.random() < 0.3 else row for row in rows]
    notes = [note(key, 1 + dice.randrange(90)) for key in keys for _ in range(dice.randrange(4))]
    store(engine, "cases", gone)
    store(engine, "case_notes", dice.sample(notes, len(notes)))
    store(engine, "audit_events", [happened(key, dice) for key in keys if dice.random() < 0.6])


def happened(key, dice):
    """Return a row of `audit_events`."""
    row = {"id": f"event of {key}", "case_id": key, "actor": dice.choice(WORDS)}
    return row | {
        "event_type": "case_opened",
        "occurred_at": NINE,
        "details_json": f'{{"form": 1, "details": {{"word": "{dice.choice(WORDS)}"}}}}',
    }


def step(engine, name):
    """Run a step of the revision as the environment does; say how it ended."""
    environment, revision = sys.modules[ENVIRONMENT], __import__(REVISION)
    return outcome(environment.run, engine, getattr(revision, name))


def plans(_dice):
    """What Alembic would change in a database of today, and in an empty one."""
    return [planned("head"), planned(None)]


def planned(at):
    """Return verbs and names, as a process finds them that has imported nothing yet."""
    with migrated(at, keep=False) as engine:
        before = {name: sys.modules.pop(name) for name in list(sys.modules) if is_ours(name)}
        try:
            changes = outcome(lambda: __import__(ENVIRONMENT).differences(engine))
        finally:
            for name in [name for name in sys.modules if is_ours(name)]:
                del sys.modules[name]
            sys.modules.update(before)
    if isinstance(changes, str):
        return changes
    return sorted([change[0], str(getattr(change[1], "name", ""))] for change in changes)


def is_ours(name):
    """Say whether a module belongs to the application or to the lesson."""
    return name.startswith(("case_tracker", ENVIRONMENT, REVISION))


def columns(dice):
    """The details of the events are kept, and the new column is empty and not required."""
    with migrated("0004") as engine:
        some_rows(engine, dice)
        done = [step(engine, "change_columns"), shape(engine)]
        done += [outcome(read, engine, "audit_events", "id", "details")]
        return [*done, outcome(read, engine, "cases", "id", "last_activity_at", "title")]


def filled(dice):
    """Every case has the time of its newest note, else of its opening, by one statement."""
    with migrated("0004") as engine:
        some_rows(engine, dice)
        with engine.begin() as connection:
            connection.execute(text(NEW_COLUMN))
        with Recorder(engine) as sent:
            done = step(engine, "fill")
        return [done, read(engine, "cases", "id", "last_activity_at"), sent.count() <= 1]


def tightened(dice):
    """A last activity is required, titles are longer; the rest is as it was, and goes back."""
    with migrated("0004") as engine:
        some_rows(engine, dice)
        seen = [step(engine, "upgrade"), shape(engine), *(read(engine, t, "id") for t in TABLES)]
        titles = ["x" * length for length in (0, 1, 200 + dice.randrange(100), 300, 301)]
        seen += [accepted(engine, {"title": each, "last_activity_at": NINE}) for each in titles]
        seen += [accepted(engine, {"title": "x", "last_activity_at": None})]
        seen += [step(engine, "downgrade"), shape(engine)]
        return [*seen, outcome(read, engine, "audit_events", "id", "details_json")]


def accepted(engine, values):
    """Say whether a new case can be stored; it is gone afterwards."""
    told = outcome(store, engine, "cases", [case("NEW", 0) | values])
    cases = table("cases", column("id"))
    with engine.begin() as connection:
        connection.execute(delete(cases).where(cases.c.id == "NEW"))
    return told is None


def shape(engine):
    """Return names, and which columns may be empty: how a rule is written is not promised."""
    look = inspect(engine)
    found = []
    for name in TABLES:
        found.append(sorted([each["name"], each["nullable"]] for each in look.get_columns(name)))
        found.append(sorted(each["name"] for each in look.get_check_constraints(name)))
        found.append(sorted(each["name"] for each in look.get_indexes(name)))
        keys = look.get_foreign_keys(name)
        found.append(sorted([key["name"], str(key["options"])] for key in keys))
    return found


TASKS = {1: plans, 2: columns, 3: filled, 4: tightened}
