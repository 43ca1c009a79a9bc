"""What can be observed of lesson 16 from outside: lines, refusals, types, whole cases."""

import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import text

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus
from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, outcome, plain, scratch

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SIGNS = ("%", "_", "/", "'", ":late", "100%", "\\", "{words}", "')", "--")
ATTACKS = (
    "') OR cases.deleted_at IS NOT NULL --",
    "' OR cases.deleted_at IS NOT NULL OR 'x' LIKE '",
    "') GROUP BY cases.id UNION SELECT max(title), '', 'DRAFT', 1, max(created_at) FROM cases --",
)
FOREIGN = ("deleted_at", "id LIMIT 100 --", "nothing", "", "TITLE", "cases.created_at DESC")


def titles_in_a_bound_order(_exercise):
    """Answer the prediction: the name of a column, sent as a parameter."""
    with scratch() as database, database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE two (title TEXT)"))
        connection.execute(text("INSERT INTO two VALUES ('lost'), ('broken')"))
        query = text("SELECT title FROM two ORDER BY :sort")
        return ", ".join(connection.scalars(query, {"sort": "title"}))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, random.Random(seed))


@contextmanager
def stored_cases(exercise, dice):
    """Give the block reports on cases in no order, of which some are deleted, and a database."""
    from case_tracker.adapters.sql.mapping import to_record

    with scratch() as database:
        with database.session_factory.begin() as session:
            for number in dice.sample(range(100), 20):
                record = to_record(some_case(dice, number))
                record.deleted_at = NOON if dice.random() < 0.3 else None
                session.add(record)
                session.flush()
        with database.session_factory() as session:
            yield exercise.SqlReports(session), database


def some_case(dice, number):
    """Return a case whose title has a sign in it, with notes of some minutes."""
    title = " ".join(dice.sample([*WORDS, "Late"], 2) + dice.sample(SIGNS, 2))
    minutes = dice.sample(range(60), dice.randrange(4))
    notes = [Note(dice.choice(WORDS), NOON + timedelta(minutes=m)) for m in minutes]
    status = dice.choice([CaseStatus.DRAFT, CaseStatus.CLOSED, CaseStatus.APPROVED])
    reference = f"INV-{number}" if dice.random() < 0.5 else None
    return Case(CaseId(f"CASE-{number:03}"), title, status, notes, reference)


def ids(lines):
    """Return the ids of lines, or the text of what was raised."""
    return lines if isinstance(lines, str) else [line.id for line in lines]


def words(exercise, dice):
    """Words are found as they stand; what attacks is found nowhere."""
    with stored_cases(exercise, dice) as (reports, _):
        asked = [*dice.sample(WORDS, 4), "LATE", *SIGNS, *ATTACKS]
        return [ids(outcome(reports.find, each, limit=100)) for each in asked] + [
            ids(outcome(reports.find, "", limit=1 + dice.randrange(8))) for _ in range(3)
        ]


def orders(exercise, dice):
    """The four orders, and the refusal of any other."""
    with stored_cases(exercise, dice) as (reports, _):
        sorts = ("id", "title", "notes", "last_note", *FOREIGN)
        return [ids(outcome(reports.find, "", sort=sort, limit=100)) for sort in sorts]


def types(exercise, dice):
    """The last note of each line is an aware instant in UTC, or None."""
    with stored_cases(exercise, dice) as (reports, _):
        lines = outcome(reports.find, "", limit=100)
        if isinstance(lines, str):
            return lines
        return [[line.id, line.notes, line.status.value, moment(line.last_note)] for line in lines]


def moment(value):
    """Return an instant as text, its zone included; anything else by its type."""
    return value.isoformat() if isinstance(value, datetime) else type(value).__name__


def stale(exercise, dice):
    """Whole cases for instants in several zones, for two SELECTs at most."""
    seen = []
    with stored_cases(exercise, dice) as (reports, database):
        for hours in (0, dice.randrange(1, 12), -dice.randrange(1, 12)):
            since = NOON + timedelta(minutes=dice.randrange(5, 25))
            since = since.astimezone(timezone(timedelta(hours=hours)))
            with Recorder(database.engine) as statements:
                cases = outcome(reports.stale, since)
            if isinstance(cases, str):
                seen.append(cases)
                continue
            whole = [
                [
                    plain(case),
                    case.reference,
                    case.version,
                    [moment(n.written_at) for n in case.notes],
                ]
                for case in cases
            ]
            seen.append([whole, statements.count() <= 2])
    return seen


TASKS = {1: words, 2: orders, 3: types, 4: stale}
