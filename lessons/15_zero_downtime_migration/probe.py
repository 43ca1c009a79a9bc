"""What can be observed of lesson 15 from outside: keys, links, batches, and a whole release."""

import importlib
import itertools
import random
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Uuid, column, insert, inspect, select, table

from workbook.probe import WORDS, database_file, outcome

MIGRATION = "lesson_15_zero_downtime_migration_migration"
NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOTES = table("case_notes", column("id"), column("uid", Uuid), column("text"))
STEPS = {"expand", "backfill", "require", "contract"}
STEPS |= {"start V2", "start V3", "stop V1", "stop V2"}
MOST = 200  # batches


@contextmanager
def office(exercise, *steps):
    """Give the block an engine, the versions and migration.py, after these steps."""
    from case_tracker.adapters.sql.engine import build_engine
    from case_tracker.adapters.sql.schema import SqlSchema
    from case_tracker.adapters.sql.tables import CASES

    migration = importlib.import_module(MIGRATION)
    with database_file() as path:
        engine = build_engine(f"sqlite:///{path}")
        SqlSchema(engine).upgrade("0004")
        row = {"id": "CASE-001", "title": "late", "status": "DRAFT", "version": 1}
        with engine.begin() as connection:
            times = {"created_at": NINE, "updated_at": NINE}
            connection.execute(insert(CASES).values(row | times))
        for step in steps:
            migration.run(engine, getattr(migration, step))
        versions = {name: getattr(exercise, name)(engine) for name in ("V1", "V2", "V3")}
        yield engine, versions, migration
        engine.dispose()


def next_note_of_v1(exercise):
    """Answer the prediction: fill everything, require the key, and let V1 write."""
    with office(exercise, "expand") as (engine, versions, migration):
        versions["V1"].add("CASE-001", "called")
        list(migration.backfill(engine, 10))
        migration.run(engine, migration.require)
        if str(outcome(versions["V1"].add, "CASE-001", "again")).startswith("raised"):
            return "it is refused"
        missing = None in uids(engine)
        return f"it is stored {'without' if missing else 'with'} a UUID"


def card(exercise):
    """Count the notes that are filled after a backfill was interrupted in its third batch."""
    with office(exercise) as (engine, versions, migration):
        for number in range(30):
            versions["V1"].add("CASE-001", f"note {number}")
        migration.run(engine, migration.expand)
        batches = migration.backfill(engine, 10)
        list(itertools.islice(batches, 2))
        batches.close()
        return sum(uid is not None for uid in uids(engine))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, random.Random(seed))


def uids(engine):
    """Return what `uid` holds, note by note."""
    with engine.connect() as connection:
        return list(connection.scalars(select(NOTES.c.uid).order_by(NOTES.c.id)))


def added(exercise, dice):
    """V2 writes both keys, and V1 finds what it wrote."""
    with office(exercise, "expand") as (engine, versions, _):
        seen = []
        for _ in range(2 + dice.randrange(6)):
            words = dice.choice(WORDS)
            key = outcome(versions["V2"].add, "CASE-001", words)
            seen.append([key, outcome(versions["V1"].find, str(key)) == words])
        stored = uids(engine)
        return [seen, None in stored, len(set(stored)) == len(seen)]


def found(exercise, dice):
    """V2 finds notes by number, also those without a UUID, and notes by UUID."""
    with office(exercise) as (engine, versions, migration):
        old = [(versions["V1"].add("CASE-001", word), word) for word in dice.sample(WORDS, 4)]
        migration.run(engine, migration.expand)
        new = [(versions["V3"].add("CASE-001", word), word) for word in dice.sample(WORDS, 4)]
        links = dice.sample(old + new, 8)
        right = [outcome(versions["V2"].find, key) == word for key, word in links]
        unknown = (str(900 + dice.randrange(99)), str(UUID(int=dice.getrandbits(128))))
        return [right, [outcome(versions["V2"].find, key) for key in unknown]]


def filled(exercise, dice):
    """Batches are stored one by one; who stops keeps them; a `uid` stays; nothing is left."""
    with office(exercise) as (engine, versions, migration):
        size, many = 2 + dice.randrange(6), 20 + dice.randrange(30)
        for number in range(many):
            versions["V1"].add("CASE-001", f"note {number}")
        migration.run(engine, migration.expand)
        given = UUID(versions["V3"].add("CASE-001", "today"))

        def some(most, between=len):
            seen = []
            batches = migration.backfill(engine, size)
            for count in itertools.islice(batches, most):
                stored = sum(uid is not None for uid in uids(engine)) - 1
                seen.append([count, stored])
                between(seen)
            batches.close()
            return seen

        def v1_writes_once(seen):
            if len(seen) == 1:
                versions["V1"].add("CASE-001", "meanwhile")

        first = outcome(some, 1 + dice.randrange(2))
        told = outcome(lambda: sum(count for count, _ in first) == first[-1][1])
        kept = sum(uid is not None for uid in uids(engine)) - 1
        same = outcome(lambda: kept == first[-1][1])
        rest = outcome(some, MOST, v1_writes_once)
        ended = outcome(lambda: len(rest) < MOST)
        small = outcome(lambda: all(count <= size for count, _ in first + rest))
        all_told = outcome(lambda: sum(count for count, _ in first + rest) == many + 1)
        now = uids(engine)
        whole = [None in now, len(set(now)) == len(now), given in now]
        return [told, same, ended, small, all_told, *whole]


def released(exercise, dice):
    """Every running version writes and reads after each step, and V3 is what stays."""
    with office(exercise) as (engine, versions, migration):
        rollout = migration.ROLLOUT
        if set(rollout) != STEPS:
            return "other steps"
        running, links = {"V1": versions["V1"]}, {}

        def work():
            right = bool(running)
            for program in running.values():
                words = f"note {len(links)}"
                links[outcome(program.add, "CASE-001", words)] = words
            for program, (key, words) in itertools.product(running.values(), links.items()):
                right = right and outcome(program.find, str(key)) == words
            return right

        def fill():
            batches = migration.backfill(engine, 1 + dice.randrange(5))
            return all(number or work() for number, _ in enumerate(itertools.islice(batches, MOST)))

        well = [work() for _ in range(9)]
        for step in rollout:
            verb, _, name = step.partition(" ")
            if verb == "start":
                running[name] = versions[name]
            elif verb == "stop":
                well += [work(), name in running]
                running.pop(name, None)
            elif step == "backfill":
                well.append(outcome(fill))
            else:
                well.append(outcome(migration.run, engine, getattr(migration, step)) is None)
            well.append(step == "backfill" or work())
        key = inspect(engine).get_pk_constraint("case_notes")["constrained_columns"]
        unknown = versions["V3"].find(str(uuid4()))
        return [all(each is True for each in well), sorted(running), key, unknown]


TASKS = {1: added, 2: found, 3: filled, 4: released}
