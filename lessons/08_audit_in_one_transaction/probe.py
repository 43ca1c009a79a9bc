"""What can be observed of lesson 08 from outside: stored statuses, events and their payloads."""

import json
import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from workbook.probe import WORDS, outcome, scratch

REFUSE = (
    "CREATE TRIGGER refuse BEFORE INSERT ON audit_events"
    " BEGIN SELECT RAISE(ABORT, 'the audit trail is full'); END"
)


def status_after_a_refused_event(exercise):
    """Answer the prediction: what a second connection sees after the INSERT was refused."""
    with stored_cases(1) as (database, open_unit):
        database.other_connection(REFUSE)
        outcome(step, exercise, open_unit, CaseId("CASE-001"), CaseStatus.SUBMITTED)
        rows = database.other_connection("SELECT status FROM cases")
    return {"DRAFT": "the old one", "SUBMITTED": "the new one"}[rows[0][0]]


@contextmanager
def stored_cases(count):
    """Give the block a database with cases in DRAFT, and a maker of units of work on it."""
    from case_tracker.adapters.sql.unit_of_work import SqlAlchemyUnitOfWork

    with scratch() as database:

        def open_unit():
            return SqlAlchemyUnitOfWork(database.session_factory)

        with open_unit() as unit:
            for number in range(1, count + 1):
                unit.cases.add(Case(CaseId(f"CASE-{number:03}"), "Late report"))
            unit.commit()
        yield database, open_unit


def step(exercise, open_unit, case_id, target, *, commit=True):
    """Take one step as a service does."""
    with open_unit() as unit:
        exercise.take_step(unit, unit.cases.get(case_id), target, Actor(f"for {target.value}"))
        if commit:
            unit.commit()


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, random.Random(seed))


def add(_exercise, dice):
    """Events are stored by the commit of the caller, and gone with its rollback."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository

    with stored_cases(3) as (database, _), database.session_factory() as session:
        repository, seen = SqlAlchemyAuditEventRepository(session), []
        for number in range(2 + dice.randrange(4)):
            case_id = CaseId(f"CASE-{1 + dice.randrange(3):03}")
            event = AuditEvent(case_id, Actor(dice.choice(WORDS)), f"seen {number}", {})
            outcome(repository.add, event)
            outcome(session.flush)
            before = rows(database)
            (session.commit if dice.random() < 0.6 else session.rollback)()
            seen.append([before, rows(database)])
    return seen


def rows(database):
    """Return the stored events without their ids and times, in their order."""
    columns = "case_id, actor, event_type"
    return database.other_connection(f"SELECT {columns} FROM audit_events ORDER BY sequence")


def take(exercise, dice):
    """A stale step, one without a commit; then some that are forbidden, not committed, refused."""
    with stored_cases(4) as (database, open_unit):
        told = [outcome(stale_step, exercise, open_unit), stored(database)]
        second, target = CaseId("CASE-002"), CaseStatus.SUBMITTED
        told += [outcome(step, exercise, open_unit, second, target, commit=False), stored(database)]
        for number in range(1, 5):
            case_id = CaseId(f"CASE-{number:03}")
            for _ in range(1 + dice.randrange(5)):
                target, commit = dice.choice(list(CaseStatus)), dice.random() < 0.8
                told.append(outcome(step, exercise, open_unit, case_id, target, commit=commit))
        database.other_connection(REFUSE)
        before = stored(database)
        for number in range(1, 5):
            for target in CaseStatus:
                refused = outcome(step, exercise, open_unit, CaseId(f"CASE-{number:03}"), target)
                told.append(refused is None)
        database.other_connection("DROP TRIGGER refuse")  # what is left is tables only
        return [told, before, stored(database)]


def stale_step(exercise, open_unit):
    """Take a step of a case that somebody else has changed since it was read."""
    with open_unit() as unit:
        old = unit.cases.get(CaseId("CASE-001"))
    with open_unit() as unit:
        case = unit.cases.get(old.id)
        case.rename("Very late report")
        unit.cases.save(case)
        unit.commit()
    with open_unit() as unit:
        exercise.take_step(unit, old, CaseStatus.SUBMITTED, Actor("ana"))
        unit.commit()


def stored(database):
    """Return the statuses of the cases and what the events say."""
    statuses = database.other_connection("SELECT id, status FROM cases ORDER BY id")
    told = database.other_connection("SELECT details_json FROM audit_events ORDER BY sequence")
    details = [json.loads(text) for (text,) in told]
    flat = [item.get("details", item) for item in details]
    return [statuses, rows(database), [[i.get("from"), i.get("to")] for i in flat]]


def history(_exercise, dice):
    """The events of each case in the order in which they were added, whatever their times."""
    from case_tracker.adapters.sql.audit import AuditEventRecord, SqlAlchemyAuditEventRepository

    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with stored_cases(3) as (database, _), database.session_factory() as session:
        for number in range(3 + dice.randrange(12)):
            session.add(
                AuditEventRecord(
                    id=f"{dice.randrange(10**6):06}-{number}",
                    case_id=f"CASE-{1 + dice.randrange(3):03}",
                    actor="ana",
                    event_type=f"seen {number}",
                    occurred_at=noon + timedelta(minutes=dice.randrange(90)),
                    details_json="{}",
                )
            )
            session.flush()
        session.commit()
        # Without an order, rows come as the newest index holds them.
        database.other_connection("CREATE INDEX by_time ON audit_events (case_id, occurred_at)")
        repository = SqlAlchemyAuditEventRepository(session)
        found = [outcome(repository.list, CaseId(f"CASE-00{n}")) for n in (1, 2, 3)]
        return [[event.event_type for event in events] for events in found]


def details(_exercise, dice):
    """What is written comes back; old texts are read; unknown forms are refused."""
    from case_tracker.adapters.sql import audit

    given = {dice.choice([*WORDS, "form", "details"]): dice.choice(WORDS) for _ in range(3)}
    text = outcome(audit.write_details, given)
    old = {word: word for word in dice.sample(WORDS, 2)}
    future = json.dumps({"form": 2 + dice.randrange(9), "details": old})
    return [
        json.loads(text),
        dict(audit.read_details(text)) == given,
        outcome(audit.read_details, json.dumps(old)),
        outcome(audit.read_details, future),
    ]


TASKS = {1: add, 2: take, 3: history, 4: details}
