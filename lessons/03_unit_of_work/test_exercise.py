"""Lesson 03: the Unit of Work. One database file for each test; nothing is mocked."""

import linecache
import sqlite3
import traceback
from contextlib import closing, suppress

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseAlreadyExistsError, CaseTrackerError
from case_tracker.domain.status import CaseStatus
from case_tracker.services.open_case import open_case
from case_tracker.services.transition_case import transition_case

LATE = CaseId("CASE-001")
ANA = Actor("ana")


@pytest.fixture(autouse=True)
def no_waiting(engine):
    """A lock that nobody releases fails at once, and not after five seconds."""
    event.listen(engine, "checkout", lambda dbapi, *_: dbapi.execute("PRAGMA busy_timeout=0"))


@pytest.fixture
def new_unit(exercise, session_factory):
    """Makes units of work of the learner's class, all on one database."""
    return lambda: exercise.SqlAlchemyUnitOfWork(session_factory)


@pytest.fixture
def write_lock(database):
    """Takes the write lock of the database on a second connection, as another request does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield lambda _unit: connection.execute("BEGIN IMMEDIATE")


@pytest.fixture
def committed(other_connection):
    """Returns the ids of the stored cases, as a second connection sees them."""
    return lambda: [row[0] for row in other_connection("SELECT id FROM cases ORDER BY id")]


@pytest.fixture
def stored(committed, other_connection):
    """Returns the ids of the stored cases, and how many audit events are stored."""
    return lambda: (committed(), other_connection("SELECT count(*) FROM audit_events")[0][0])


def case(number):
    """Return a new case."""
    return Case(CaseId(f"CASE-{number:03}"), f"title {number}")


def submitted(case_id):
    """Return an audit event of this case."""
    return AuditEvent.case_transitioned(case_id, ANA, CaseStatus.DRAFT, CaseStatus.SUBMITTED)


def raised_by(call):
    """Return what a call raises, or None."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the tests judge it
        return error
    return None


def judge(holds, message, error):
    """Fail with this message if it does not hold, and say what was raised, and where."""
    if not holds:
        text = str(getattr(error, "orig", error)).partition("\n")[0]
        raised = f"\n{named(error)}: {text}" if error else ""
        raise AssertionError(message + raised) from error


def named(error):
    """Return the name of an exception in a message."""
    return "nothing" if error is None else type(error).__name__


@pytest.mark.task(1)
def test_both_repositories_work_in_one_transaction(new_unit, stored, observed):
    """A case without its audit event is a decision that nobody can explain later."""
    unit = new_unit()
    entered = unit.__enter__()
    observed["handed_out"] = type(entered).__name__
    assert entered is unit, f"`with … as unit` hands out {entered!r}, and not the unit itself"

    kind = type(unit.session).__name__
    assert isinstance(unit.session, Session), (
        f"unit.session is a {kind}, not a Session\nself._session_factory() opens one: call it"
    )

    raised = raised_by(lambda: store_both(unit))
    ids, events = stored()
    judge(
        (len(ids), events) == (1, 1),
        f"stored by one commit: cases {len(ids)}, audit events {events}; expected 1 and 1\n"
        "unit.cases and unit.audit_events must work in unit.session",
        raised,
    )
    unit.session.close()


def store_both(unit):
    """Store a case and its audit event with one commit."""
    unit.cases.add(case(1))
    unit.session.flush()
    unit.audit_events.add(submitted(LATE))
    unit.session.commit()


@pytest.mark.task(1)
def test_each_entry_opens_a_session_of_its_own(new_unit, observed):
    """A second attempt must not meet the objects, or the failure, of the first one."""
    unit, sessions = new_unit(), []
    for entered in (unit, unit, new_unit()):
        entered.__enter__()
        sessions.append(entered.session)
        with suppress(Exception):
            entered.__exit__(None, None, None)

    different = observed["sessions"] = len({id(session) for session in sessions})
    assert different == 3, f"units were entered 3 times and worked in {different} Sessions, not 3"


def end(_unit):
    """End the block without commit()."""


def fail(_unit):
    """End the block with an exception."""
    raise RuntimeError("the mail server is down")


def break_a_rule(unit):
    """Write an audit event of a case that does not exist; SQLite looks at it in COMMIT."""
    unit.session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    unit.audit_events.add(submitted(CaseId("CASE-404")))


def be_refused(unit):
    """End the block with a commit that the database refuses."""
    break_a_rule(unit)
    unit.session.commit()


class UnluckySession(Session):
    """Its rollback() fails before it has reached the database."""

    def rollback(self):
        """Fail."""
        raise RuntimeError("the rollback failed")


ENDINGS = [
    ("a block without commit()", Session, end),
    ("an exception", Session, fail),
    ("a commit that the database refused", Session, be_refused),
    ("a rollback that failed", UnluckySession, end),
    ("a rollback that failed", UnluckySession, fail),
]


@pytest.mark.task(2)
def test_the_connection_goes_back_to_the_pool(exercise, engine, observed):
    """With a leak in each failed request, soon no request gets a connection."""
    for number, (ending, kind, act) in enumerate(ENDINGS):
        unit = exercise.SqlAlchemyUnitOfWork(sessionmaker(engine, class_=kind))
        raised = raised_by(lambda: work_in_a_block(unit, case(number), act))  # noqa: B023 - called at once
        expected = kind is UnluckySession or act is not end
        judge(expected or not raised, f"{ending} ended with {named(raised)}", raised)

        out = engine.pool.checkedout()
        observed["out_after"] = ending if out else "nothing"
        assert out == 0, f"after {ending}, {out} connection is still out of the pool; expected 0"


def work_in_a_block(unit, new_case, act):
    """Add a case, send its INSERT, and end the block as `act` does."""
    with unit:
        unit.cases.add(new_case)
        unit.session.flush()
        act(unit)


@pytest.mark.task(2)
def test_what_was_not_committed_is_discarded(new_unit, committed, observed):
    """A request that fails half-way must not leave half of its work behind."""
    with suppress(RuntimeError), new_unit() as unit:
        unit.cases.add(case(1))
        unit.session.flush()
        fail(unit)
    with new_unit() as unit:
        unit.cases.add(case(2))
        unit.session.flush()

    stored = committed()
    observed["after_an_error"] = "stored" if "CASE-001" in stored else "discarded"
    assert "CASE-001" not in stored, "an exception ended the block, and CASE-001 is stored"
    assert "CASE-002" not in stored, "the block ended without commit(), and CASE-002 is stored"


@pytest.mark.task(2)
def test_the_exception_goes_on(new_unit, observed):
    """A caller who is told nothing answers "201 Created" for a case that was never stored."""
    observed["exception"] = "hidden"
    try:
        with new_unit() as unit:
            unit.cases.add(case(1))
            fail(unit)
    except RuntimeError:
        observed["exception"] = "seen"

    assert observed["exception"] == "seen", "the block raised RuntimeError, and nobody has seen it"


@pytest.mark.task(3)
def test_commit_stores_everything(new_unit, committed, observed):
    """What a client was told is stored must be there when the server restarts."""
    with new_unit() as unit:
        unit.cases.add(case(1))
        unit.cases.add(case(2))
        unit.commit()
        seen = committed()

    observed["stored_by_commit"] = len(seen)
    assert len(seen) == 2, f"commit() has returned: a second connection sees {len(seen)} of 2 cases"
    assert committed() == seen, f"commit() stored {seen}; after the block {committed()} are left"


@pytest.mark.task(3)
@pytest.mark.parametrize("why", ["the id is taken", "a rule is broken", "somebody else writes"])
def test_a_refused_commit_is_reported(new_unit, stored, engine, write_lock, why):
    """A commit that fails without a word turns lost work into a success."""
    with new_unit() as unit:
        unit.cases.add(case(1))
        unit.commit()
    provoke = {
        "the id is taken": lambda unit: unit.cases.add(case(1)),
        "a rule is broken": break_a_rule,
        "somebody else writes": write_lock,
    }

    seen = []
    late = raised_by(lambda: commit_in_a_block(new_unit(), provoke[why], seen))

    judge(not late, f"{why}: after the refused commit, the block raised {named(late)}", late)
    refused = seen[0]
    assert refused, f"{why}: the database refused the work, and commit() told nobody"
    judge(
        isinstance(refused, DBAPIError),
        f"{why}: commit() raised {named(refused)}; expected the exception of the database itself",
        refused,
    )
    ids, events = stored()
    assert (ids, events) == (["CASE-001"], 0), (
        f"{why}: the refused commit stored {ids[1:]}, audit events {events}; expected nothing"
    )
    assert engine.pool.checkedout() == 0, "after a refused commit the connection is not back"


def commit_in_a_block(unit, provoke, seen):
    """Note what commit() raises when the database refuses; then leave the block normally."""
    with unit:
        unit.cases.add(case(2))
        provoke(unit)
        seen.append(raised_by(unit.commit))


@pytest.mark.task(3)
def test_the_application_works_on_your_unit(exercise, engine, other_connection, monkeypatch):
    """Every use case of the application stands on this class."""
    from case_tracker.adapters.sql.units import SqlUnitsOfWork

    units = SqlUnitsOfWork(engine)
    open_case(units, LATE, "Late report")
    told = raised_by(lambda: open_case(units, LATE, "the same id again"))
    judge(
        isinstance(told, CaseAlreadyExistsError),
        f"an id was used twice: the service was told {named(told)}, not CaseAlreadyExistsError",
        told,
    )
    transition_case(units, LATE, CaseStatus.SUBMITTED, ANA)
    with monkeypatch.context() as patch, suppress(OSError):
        patch.setattr("case_tracker.adapters.sql.audit_trail._row", _disk_full)
        transition_case(units, LATE, CaseStatus.UNDER_REVIEW, ANA)

    found = other_connection("SELECT title, status, (SELECT count(*) FROM audit_events) FROM cases")
    assert found == [("Late report", "SUBMITTED", 1)], (
        f"title, status and audit events are {found}; expected Late report, SUBMITTED, 1"
    )
    assert engine.pool.checkedout() == 0, "a use case has ended, and its connection is not back"


def _disk_full(_event):
    raise OSError("disk full")


class RightUnit:
    """Leaving rolls back and closes."""

    def __init__(self, session_factory):
        self.session_factory = session_factory

    def __getattr__(self, name):
        entered = "session" in vars(self)
        remedy = "" if entered else ". Enter the unit first: with new_unit() as unit:"
        raise AttributeError(f"no unit.{name}{remedy}")

    def __enter__(self):
        self.session = self.session_factory()
        self.cases = SqlAlchemyCaseRepository(self.session)
        self.audit_events = SqlAlchemyAuditEventRepository(self.session)
        return self

    def __exit__(self, *_):
        self.session.rollback()
        self.session.close()

    def commit(self):
        """Make it permanent."""
        self.session.commit()

    def rollback(self):
        """Take it back."""
        self.session.rollback()


class BeginUnit(RightUnit):
    """The block begins the transaction, and close() rolls back what is open."""

    def __enter__(self):
        super().__enter__().session.begin()
        return self

    def __exit__(self, *_):
        self.session.close()


class UnitA(RightUnit):
    """Leaving the block stores what nobody committed."""

    advice = "ask committed_ids() when the block has ended, and not inside it"

    def __exit__(self, exc_type, *_):
        if exc_type is None:
            self.session.commit()
        super().__exit__()


class UnitB(RightUnit):
    """Each add() stores its case at once."""

    advice = "add a case, leave without commit(), and assert that nothing is stored"

    def __enter__(self):
        super().__enter__()
        stage = self.cases.add
        self.cases.add = lambda case: (stage(case), self.session.commit())
        return self


class UnitC(RightUnit):
    """The next commit also stores what was forgotten before."""

    advice = "forget the commit first, then commit in another unit, and ask after that"

    def __init__(self, session_factory):
        one = vars(session_factory).setdefault("one_for_all", session_factory())
        super().__init__(lambda: one)

    def __exit__(self, *_):
        pass


class UnitD(RightUnit):
    """Even commit() stores nothing."""

    advice = "commit a case as well, and assert that it is stored when the block has ended"

    def commit(self):
        """Do less than it says."""
        self.session.flush()


# A test is red when it asserts, and also when the unit refuses. Anything else is an accident.
RED = (AssertionError, pytest.fail.Exception, CaseTrackerError, SQLAlchemyError)


@pytest.fixture
def verdict_on(learners, tmp_path, observed):
    """Runs the learner's test on a kind of unit; returns what it raised, or None."""
    from case_tracker.adapters.sql.engine import build_engine, build_session_factory

    def verdict(kind):
        observed["answers"] = []
        engine = build_engine(f"sqlite:///{tmp_path / kind.__name__}.db")
        CaseRecord.metadata.create_all(engine)
        factory = build_session_factory(engine)

        def committed_ids():
            with closing(sqlite3.connect(engine.url.database)) as connection:
                rows = connection.execute("SELECT id FROM cases ORDER BY id").fetchall()
            observed["answers"].append([row[0] for row in rows])
            return [row[0] for row in rows]

        test = learners("forgotten_commit.py").test_a_forgotten_commit_stores_nothing
        try:
            test(lambda: kind(factory), committed_ids)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 - it has judged
            return error
        finally:
            engine.dispose()
        return None

    return verdict


def line_of(error):
    """Return where the learner's test raised, as `line 12: assert ...`."""
    frame = traceback.extract_tb(error.__traceback__)[:2][-1]
    return f"line {frame.lineno}: {linecache.getline(frame.filename, frame.lineno).strip()}"


@pytest.mark.task(4)
def test_your_test_passes_for_what_is_right(verdict_on, observed):
    """A test that refuses right code is switched off before long."""
    for kind in (RightUnit, BeginUnit):
        raised = verdict_on(kind)
        if raised is None:
            continue
        observed["ended_with"] = named(raised)
        judged, answers = isinstance(raised, RED), observed["answers"]
        pytest.fail(
            f"your test {'refuses a right unit' if judged else 'stopped'}: {named(raised)} {raised}"
            f"\n{line_of(raised)}"
            + (f"\ncommitted_ids() had answered {answers[-1]}" if answers else "")
            + (f"\n{kind.__name__}: {kind.__doc__[:-1]}" if judged else "")
        )


@pytest.mark.task(4)
def test_your_test_catches_what_is_wrong(verdict_on, observed):
    """A test that passes for everything costs time and protects nobody."""
    survivors = []
    for kind in (UnitA, UnitB, UnitC, UnitD):
        raised = verdict_on(kind)
        assert raised is None or isinstance(raised, RED), (
            f"your test must say what is wrong with an assert; it raised {named(raised)}\n"
            f"{line_of(raised)}\n{kind.__name__}: {kind.__doc__[:-1]}"
        )
        survivors += [] if raised else [kind]

    names = observed["survivors"] = ", ".join(kind.__name__ for kind in survivors)
    lines = [f"{kind.__name__}: {kind.__doc__[:-1]}\n  {kind.advice}" for kind in survivors]
    if len(survivors) == 4:
        asked = "looks at no answer of" if observed["answers"] else "never asks"
        lines = [f"it {asked} committed_ids(): assert what must be stored, and what must not"]
    assert not survivors, "\n".join([f"your test passes for wrong units: {names}", *lines])
