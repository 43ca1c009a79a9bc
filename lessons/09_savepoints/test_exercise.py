"""Lesson 09: what a savepoint undoes, and what stays. Refusals come from the database itself."""

import sqlite3
import traceback
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note

BEN = Actor("ben")
NO_SUCH_NOTE = {
    "sqlite": "CREATE TRIGGER no_such_note BEFORE INSERT ON case_notes WHEN NEW.text = 'refused'"
    " BEGIN SELECT RAISE(ABORT, 'no such note'); END",
    "postgresql": "ALTER TABLE case_notes ADD CONSTRAINT no_such_note CHECK (text <> 'refused')",
}


def case(number, *notes, reference=None):
    """Return CASE-003 for the number 3, as it stands in a file."""
    words = [Note(text) for text in notes]
    return Case(CaseId(f"CASE-00{number}"), f"Row {number}", notes=words, reference=reference)


def store_two(session_factory):
    """Store CASE-001, and CASE-002 with the reference INV-2."""
    with session_factory.begin() as session:
        session.add(CaseRecord(id="CASE-001", title="Late report", status="DRAFT"))
        session.add(CaseRecord(id="CASE-002", title="Lost file", status="DRAFT", reference="INV-2"))


@pytest.fixture
def engine(request):
    """The engine of every lesson; a fault in sqlite.py, which prepares it, is one of 9.3."""
    try:
        return request.getfixturevalue("engine")
    except Exception as error:
        fail_with_the_origin(error)
        raise


@pytest.fixture
def session(session_factory):
    """The Session of a caller, on a database with CASE-001 and CASE-002."""
    store_two(session_factory)
    with session_factory() as session:
        yield session


class NoTrail:
    """An audit trail that keeps nothing: events are the business of 9.2."""

    def add(self, event):
        """Forget the event."""


@pytest.fixture
def add_each(exercise, session, recording, observed):
    """Imports cases with the learner's code in the caller's Session; `sent` is what it sent."""

    def add_each(*cases, audit_events=None):
        importer = exercise.SqlRowImport(session, audit_events or NoTrail())
        with recording() as add_each.sent:
            try:
                refusals = importer.add_each(iter(cases), BEN)
            except Exception as error:
                if audit_events is None:
                    fail_with_the_origin(error)
                raise
            session.flush()
        observed["savepoints"] = "SAVEPOINT" in kinds(add_each.sent.events)
        return refusals

    return add_each


def fail_with_the_origin(error):
    """Fail with an error of another task, or one that needs a word more; do nothing else."""
    if words := origin(error):
        said = getattr(error, "orig", None) or error
        pytest.fail(f"{type(said).__name__}: {said}\n{words}")


def origin(error):
    """Say where an error comes from that 9.1 sees and that is not of its tests; None else."""
    frames = traceback.extract_tb(error.__traceback__)
    if any(Path(frame.filename).name == "sqlite.py" for frame in frames):
        return "it comes out of sqlite.py: that is the business of 9.3"
    names = [frame.name for frame in frames if Path(frame.filename).name == "exercise.py"]
    if isinstance(error, IntegrityError) and "_add" in names:
        return (
            "it left _add() as an error of the driver:\n"
            "what sends the INSERT must stand inside translated_errors()"
        )
    if names[-1:] == ["add_each"] and not isinstance(error, NotImplementedError):
        return "it comes out of add_each(), and not out of _add(): that is the business of 9.2"
    return None


@pytest.fixture
def log_each(add_each, session):
    """The same, with the audit trail of the application."""
    return partial(add_each, audit_events=SqlAlchemyAuditEventRepository(session))


def kinds(entries):
    """Return what was sent, in a word each: INSERT, SAVEPOINT, COMMIT."""
    return [str(entry.kind) for entry in entries]


@pytest.fixture
def new_cases(other_connection):
    """Reads the ids of the stored cases from CASE-003 on, on a second connection."""
    query = "SELECT id FROM cases WHERE id > 'CASE-002' ORDER BY id"
    return lambda: [row[0] for row in other_connection(query)]


@pytest.fixture
def events(session_factory):
    """Reads who was told of at which case, in another Session."""

    def read():
        with session_factory() as another:
            ids = [CaseId(f"CASE-00{number}") for number in range(1, 8)]
            found = [SqlAlchemyAuditEventRepository(another).list(case_id) for case_id in ids]
        return [
            (e.case_id.value, e.event_type, e.actor.name, e.details["refused_id"])
            for one in found
            for e in one
        ]

    return read


@pytest.fixture
def refuse_notes(engine):
    """Makes the database refuse every note that says "refused"."""
    with engine.begin() as connection:
        connection.exec_driver_sql(NO_SUCH_NOTE[engine.dialect.name])


@pytest.mark.guard
def test_a_file_without_bad_rows_is_stored(add_each, session, new_cases):
    """Most files have no bad row at all."""
    assert add_each(case(3), case(4, "called")) == []
    session.commit()

    assert new_cases() == ["CASE-003", "CASE-004"]


@pytest.mark.task(1)
def test_the_good_ones_stay(add_each, session, new_cases, observed):
    """One taken number in a file of a thousand rows, and a clerk types in the other 999 again."""
    add_each(case(3), case(1, "not mine"), case(4))
    session.commit()

    stored = observed["stored"] = new_cases()
    observed["all_undone"] = observed["savepoints"] and stored == ["CASE-004"]
    assert stored == ["CASE-003", "CASE-004"], (
        "CASE-003, CASE-001 and CASE-004 were imported, and CASE-001 was taken;\n"
        f"of the new ones {' and '.join(stored) or 'none'} is stored"
    )


@pytest.mark.task(1)
def test_the_bad_ones_come_back_with_a_reason(add_each, session):
    """Whoever repairs the file needs to know which rows, and what is wrong with them."""
    bad = [case(1), case(4, reference="INV-2"), case(3)]

    refusals = add_each(case(3), bad[0], case(5), *bad[1:])
    session.commit()

    told = [(r.case.id.value, type(r.reason).__name__) for r in refusals]
    again = "CaseAlreadyExistsError"
    expected = [("CASE-001", again), ("CASE-004", "ReferenceTakenError"), ("CASE-003", again)]
    assert told == expected, (
        "CASE-001 is taken, the reference of CASE-004 as well, and CASE-003 came twice;\n"
        f"the refused ones are {told}"
    )


@pytest.mark.task(1)
@pytest.mark.usefixtures("refuse_notes")
def test_a_refused_case_leaves_no_half(add_each, session, new_cases, other_connection, observed):
    """A case that lost its notes on the way in looks like one that never had any."""
    refusals = add_each(case(5, "fine", "refused"), case(6, "called"))
    session.commit()

    stored = new_cases()
    observed["halves"] = [case_id for case_id in stored if case_id != "CASE-006"]
    assert "CASE-005" not in stored, (
        "a note of CASE-005 was refused, and the case is stored without its notes"
    )
    assert stored == ["CASE-006"], f"CASE-006 is a good case; stored is {stored}"
    assert [refusal.case.id.value for refusal in refusals] == ["CASE-005"]
    notes = other_connection("SELECT case_id, text FROM case_notes")
    assert notes == [("CASE-006", "called")], f"the stored notes are {notes}"


@pytest.mark.task(1)
def test_the_rows_wait_for_the_commit(add_each, session, new_cases, observed):
    """The caller may still find a reason to give the whole file back."""
    add_each(case(3), case(1), case(4))
    ends = [one for one in add_each.sent.events if str(one.kind) in {"COMMIT", "ROLLBACK"}]
    observed["all_undone"] = observed["savepoints"] and "ROLLBACK" in kinds(ends)
    names = {frame.name for one in ends for frame in one.frames}
    later = "\nnot out of _add(): that is the business of 9.2" * ("_add" not in names)
    assert not ends, (
        f"the transaction is the caller's, and add_each() sent {' and '.join(kinds(ends))}{later}"
    )

    session.commit()
    assert new_cases() == ["CASE-003", "CASE-004"], f"stored is {new_cases()}"


@pytest.mark.task(1)
def test_a_broken_database_is_no_bad_row(add_each, session, engine, observed):
    """A file of good rows is reported as bad, and somebody begins to repair it."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE case_notes")

    observed["told"] = "nobody"
    try:
        refusals = add_each(case(3, "called"), case(4, "called"))
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001 - which one it is depends on the database
        observed["told"] = type(error).__name__
        refusals = []
    session.rollback()

    assert observed["told"] != "nobody", (
        "the table of notes is missing; instead of an error the caller got "
        f"{len(refusals)} refused cases"
    )


@pytest.mark.task(2)
def test_the_history_tells_of_a_refused_case(log_each, add_each, session, events, observed):
    """Somebody wanted to import CASE-001 again, and a day later nobody knows who."""
    log_each(case(3), case(1), case(4))
    session.commit()

    told = events()
    about = [one for one in add_each.sent.statements if "audit_events" in one.tables]
    observed["event_inserts"] = kinds(about).count("INSERT")
    observed["events"] = len(told)
    assert told == [("CASE-001", "import_refused", "ben", "CASE-001")], (
        f"CASE-001 was taken when ben imported it; the events in all histories are {told}"
        if told
        else "CASE-001 was taken when ben imported it, and no event arrived;\n"
        "was it added inside the savepoint of the refused case (then it is undone, too), or never?"
    )


@pytest.mark.task(2)
def test_the_event_stands_at_the_case_in_the_way(log_each, session, events, observed):
    """The history of CASE-002 is where somebody will look for its number."""
    try:
        log_each(case(3), case(4, reference="INV-2"), case(3))
        session.commit()
    except Exception as error:
        if "foreign key" in str(error).lower():
            observed["told"] = "a foreign key"
        raise

    assert events() == [
        ("CASE-002", "import_refused", "ben", "CASE-004"),
        ("CASE-003", "import_refused", "ben", "CASE-003"),
    ], f"INV-2 belongs to CASE-002, and CASE-003 came twice; the events are {events()}"


@pytest.mark.task(2)
@pytest.mark.usefixtures("refuse_notes")
def test_a_refusal_without_a_clash_has_no_event(log_each, session, events, new_cases):
    """There is no history to write to, and the import must not stop because of that."""
    refusals = log_each(case(5, "refused"), case(1), case(6))
    session.commit()

    assert [refusal.case.id.value for refusal in refusals] == ["CASE-005", "CASE-001"]
    assert [told[0] for told in events()] == ["CASE-001"], f"the events are {events()}"
    assert new_cases() == ["CASE-006"]


@pytest.mark.task(2)
@pytest.mark.usefixtures("session")
def test_the_application_imports_here(exercise, engine, new_cases, events):
    """`case-tracker import --keep-good` goes through this service."""
    from case_tracker.adapters.sql.units import SqlUnitsOfWork
    from case_tracker.services.import_each import import_each

    refusals = import_each(SqlUnitsOfWork(engine), [case(3), case(2), case(4)], BEN)

    assert (new_cases(), len(refusals)) == (["CASE-003", "CASE-004"], 1)
    assert events() == [("CASE-002", "import_refused", "ben", "CASE-002")]


@pytest.fixture
def on_sqlite(learners, tmp_path):
    """An engine on a SQLite file, prepared by the learner; `received` is what SQLite was sent."""
    from case_tracker.adapters.sql.engine import build_engine, build_session_factory

    learners("sqlite.py")
    engine = build_engine(f"sqlite:///{tmp_path / 'import.db'}")
    METADATA.create_all(engine)
    store_two(build_session_factory(engine))
    engine.dispose()  # the connection that follows is heard from its first word on
    engine.received = []
    event.listen(engine, "connect", lambda driver, _: listen(driver, engine.received))
    yield engine
    engine.dispose()


def listen(driver, received):
    """Write down the first words of all that SQLite receives from now on."""
    driver.set_trace_callback(lambda sent: received.append(" ".join(sent.split()[:3])))


@pytest.fixture
def stored_on_sqlite(tmp_path):
    """Counts the stored cases from CASE-003 on, on a second connection."""

    def count():
        with closing(sqlite3.connect(tmp_path / "import.db")) as connection:
            rows = connection.execute("SELECT id FROM cases WHERE id > 'CASE-002'")
            return len(rows.fetchall())

    return count


@pytest.mark.guard
def test_a_connection_has_its_pragmas(on_sqlite):
    """Without them SQLite takes a note of a case that does not exist."""
    with Session(on_sqlite) as session:
        enforced = session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar()

    assert enforced == 1, "_on_connect() must still send the PRAGMAs"


def import_two(exercise, session):
    """Import two cases; the caller decides about them."""
    importer = exercise.SqlRowImport(session, SqlAlchemyAuditEventRepository(session))
    importer.add_each([case(3), case(4)], BEN)


@pytest.mark.task(3)
def test_a_rollback_takes_the_import_back(exercise, on_sqlite, stored_on_sqlite, observed):
    """The import was given back, its message said so, and the rows are in the table."""
    with Session(on_sqlite) as session:
        import_two(exercise, session)
        driver = session.connection().connection.driver_connection
        if driver.isolation_level is None and not any(s[:5] == "BEGIN" for s in on_sqlite.received):
            observed["received"] = "no BEGIN, no driver"
        session.rollback()

    count = stored_on_sqlite()
    received = [words for words in on_sqlite.received if not words.startswith("PRAGMA")]
    assert count == 0, (
        f"the caller rolled back, and {count} imported cases are stored; SQLite received\n"
        + "\n".join(f"  {words}" for words in received[:6])
    )


@pytest.mark.task(3)
def test_nobody_sees_an_import_before_its_commit(exercise, on_sqlite, stored_on_sqlite):
    """A page that shows half of a file, and an hour later nothing of it."""
    with Session(on_sqlite) as session:
        import_two(exercise, session)
        seen = stored_on_sqlite()
        session.commit()

    assert seen == 0, f"nobody has committed, and a second connection sees {seen} cases"
    assert stored_on_sqlite() == 2, f"two cases were committed, and {stored_on_sqlite()} are stored"


@pytest.mark.task(3)
def test_every_transaction_begins(exercise, on_sqlite, stored_on_sqlite, observed):
    """A program imports many files on one connection: the first one is safe, and no other."""
    stored = []
    for _ in range(2):
        with Session(on_sqlite) as session:
            import_two(exercise, session)
            session.rollback()
        stored.append(stored_on_sqlite())

    observed["second"] = int(stored[0] == 0 and stored[1] > 0)
    assert stored == [0, 0], (
        f"the first transaction was rolled back and left {stored[0]} cases; the second left "
        f"{stored[1]}"
    )


@pytest.mark.task(3)
def test_a_unit_that_writes_takes_its_turn_at_the_start(on_sqlite, tmp_path):
    """Two imports that begin at the same time: one waits, and none fails half-way."""
    from case_tracker.adapters.sql.units import SqlUnitsOfWork

    with SqlUnitsOfWork(on_sqlite).write() as unit:
        unit.cases.count()
        free = may_write(tmp_path / "import.db")

    assert not free, (
        "a writing unit is open, and another connection can begin to write as well\n"
        "_mode() says how this transaction begins: _on_begin() sends its word"
    )


@pytest.mark.task(3)
def test_a_reader_stops_nobody(on_sqlite, tmp_path):
    """A report runs for a minute, and for this minute nobody can store a case."""
    with Session(on_sqlite) as session:
        session.connection().exec_driver_sql("SELECT count(*) FROM cases").scalar()
        free = may_write(tmp_path / "import.db")

    assert free, (
        "a Session has only read, and no other connection can begin to write\n"
        "_mode() says how this transaction begins: _on_begin() sends its word"
    )


def may_write(path):
    """Say whether another connection can begin to write, without waiting."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True
