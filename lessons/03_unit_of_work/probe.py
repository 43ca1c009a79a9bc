"""What can be observed of lesson 03 from outside: stored rows, connections out, verdicts."""

import importlib
import random
import sqlite3
from contextlib import closing, contextmanager, suppress

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus
from workbook.probe import outcome, scratch, some_cases

TEST_FILE = "lesson_03_unit_of_work_forgotten_commit"


def rows_after_a_forgotten_commit(exercise):
    """Answer the prediction: add, flush, leave without commit, and ask a second connection."""
    with scratch() as database:
        with exercise.SqlAlchemyUnitOfWork(database.session_factory) as unit:
            unit.cases.add(Case(CaseId("CASE-001"), "Late report"))
            unit.session.flush()
        return str(len(ids(database)))


def card(exercise):
    """Count the cases that ten failed units of work leave behind."""
    with scratch() as database:
        for case in some_cases(1, count=10):
            with (
                suppress(ZeroDivisionError),
                exercise.SqlAlchemyUnitOfWork(database.session_factory) as unit,
            ):
                unit.cases.add(case)
                raise ZeroDivisionError
        return len(ids(database))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return TASKS[task](exercise, some_cases(seed, count=4 + seed % 7), random.Random(seed))


@contextmanager
def prepared(exercise):
    """Give an empty database, and a maker of units of work on it. A lock fails at once."""
    with scratch() as database:
        no_waiting = "PRAGMA busy_timeout=0"
        event.listen(database.engine, "checkout", lambda dbapi, *_: dbapi.execute(no_waiting))
        yield database, lambda: exercise.SqlAlchemyUnitOfWork(database.session_factory)


def ids(database):
    """Return the ids of the stored cases, as a second connection sees them."""
    return [row[0] for row in database.other_connection("SELECT id FROM cases ORDER BY id")]


def submitted(case_id):
    """Return an audit event of a case."""
    return AuditEvent.case_transitioned(
        case_id, Actor("ana"), CaseStatus.DRAFT, CaseStatus.SUBMITTED
    )


def refuse(unit):
    """Let the database refuse the COMMIT: an audit event of a case that does not exist."""
    unit.session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    unit.audit_events.add(submitted(CaseId("UNKNOWN")))


def enter(exercise, cases, _dice):
    """Each entry has a Session of its own, and both repositories work in it."""
    with prepared(exercise) as (database, new_unit):
        unit, sessions = new_unit(), []
        for entered in (unit, unit, new_unit()):
            returned = entered.__enter__()
            sessions.append(entered.session)
            with suppress(Exception):
                entered.__exit__(None, None, None)
        last = new_unit()
        last.__enter__()
        for case in cases:
            last.cases.add(case)
        last.session.flush()
        last.audit_events.add(submitted(cases[0].id))
        last.session.commit()
        events = database.other_connection("SELECT case_id FROM audit_events")
        last.session.close()
        return [returned is entered, len(set(map(id, sessions))), ids(database), events]


def leave(exercise, cases, dice):
    """However blocks end: nothing is stored, no connection is out, exceptions are seen."""
    endings = [(end, kind) for end in (nothing, fail, refuse_now) for kind in (Session, Unlucky)]
    dice.shuffle(endings)
    seen = []
    for case, (end, kind) in zip(cases, endings, strict=False):
        with prepared(exercise) as (database, _new_unit):
            factory = sessionmaker(database.engine, class_=kind, expire_on_commit=False)
            went = outcome(run, exercise.SqlAlchemyUnitOfWork(factory), case, end)
            raised = (
                "not promised" if kind is Unlucky else went if end is fail else went is not None
            )
            out = database.engine.pool.checkedout()
            seen.append([end.__name__, kind.__name__, raised, out, ids(database)])
    return seen


class Unlucky(Session):
    """Its rollback() fails before it has reached the database."""

    def rollback(self):
        """Fail."""
        raise OSError("on purpose")


def run(unit, case, end):
    """Add a case, send its INSERT, and end the block."""
    with unit:
        unit.cases.add(case)
        unit.session.flush()
        end(unit)


def nothing(_unit):
    """End the block without commit()."""


def fail(_unit):
    """End the block with an exception."""
    raise RuntimeError("on purpose")


def refuse_now(unit):
    """End the block with a commit that the database refuses."""
    refuse(unit)
    unit.session.commit()


def commit(exercise, cases, dice):
    """What was committed is stored, inside the block already; a refused commit stores nothing."""
    half = dice.randrange(1, len(cases) - 1)
    with prepared(exercise) as (database, new_unit):
        with new_unit() as unit:
            for case in cases[:half]:
                unit.cases.add(case)
            unit.commit()
            inside = ids(database)
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            refusals = [refuse, lambda unit: unit.cases.add(cases[0])]
            dice.shuffle(refusals)
            refusals.append(lambda _unit: other.execute("BEGIN IMMEDIATE"))
            reported = [refused(new_unit(), cases[half:], refusal) for refusal in refusals]
        return [inside, ids(database), reported, database.engine.pool.checkedout()]


def refused(unit, cases, refusal):
    """Return the name of what commit() raises when the database refuses; the block ends well."""
    with unit:
        for case in cases:
            unit.cases.add(case)
        refusal(unit)
        return outcome(unit.commit)


class Unit:
    """A Unit of Work with one fault, or with none."""

    def __init__(self, session_factory, fault):
        self.session_factory, self.fault = session_factory, fault

    def __enter__(self):
        make = self.session_factory
        self.session = vars(make).setdefault("one", make()) if "shared" in self.fault else make()
        if self.fault == "none, begun":
            self.session.begin()
        self.cases = SqlAlchemyCaseRepository(self.session)
        if self.fault == "add commits":
            stage = self.cases.add
            self.cases.add = lambda case: (stage(case), self.session.commit())
        return self

    def __exit__(self, exc_type, *_):
        if self.fault == "leaving commits" or (self.fault == "success commits" and not exc_type):
            self.session.commit()
        if self.fault == "shared, flushed":
            self.session.flush()
        if "shared" not in self.fault:
            self.session.close()

    def commit(self):
        """Store, or do as the fault says."""
        if self.fault == "commit flushes":
            self.session.flush()
        elif self.fault != "commit does nothing":
            self.session.commit()

    def rollback(self):
        """Discard."""
        self.session.rollback()


FAULTS = (
    "none",
    "none, begun",
    "leaving commits",
    "success commits",
    "add commits",
    "shared",
    "shared, flushed",
    "commit flushes",
    "commit does nothing",
)


def learners_test(_exercise, _cases, dice):
    """Whether the learner's test passes, for units with and without a fault."""
    test = importlib.import_module(TEST_FILE).test_a_forgotten_commit_stores_nothing
    return {fault: passes(test, fault) for fault in dice.sample(FAULTS, len(FAULTS))}


def passes(test, fault):
    """Say whether the learner's test passes for units with this fault; name an accident."""
    with scratch(keep=False) as database:  # what the learner's test stores is its own business
        try:
            test(lambda: Unit(database.session_factory, fault), lambda: ids(database))
        except BaseException as error:  # pytest.fail() raises no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            accident = not isinstance(error, AssertionError | CaseTrackerError | SQLAlchemyError)
            return type(error).__name__ if accident and isinstance(error, Exception) else False
        return True


TASKS = {1: enter, 2: leave, 3: commit, 4: learners_test}
