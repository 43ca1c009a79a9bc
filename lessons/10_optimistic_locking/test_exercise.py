"""Lesson 10: optimistic locking. Two writers, one after the other; nothing is mocked."""

import importlib
import sys
import traceback

import pytest
from sqlalchemy import Update
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseAlreadyExistsError, CaseTrackerError
from case_tracker.domain.errors import ConcurrentUpdateError as Concurrent
from workbook.plain import InPlainWords

LATE = CaseId("CASE-017")
OTHER = CaseId("CASE-018")
STORED = "SELECT title, version FROM cases WHERE id = 'CASE-017'"
NOTES = "SELECT text FROM case_notes WHERE case_id = 'CASE-017' ORDER BY id"
APP = "case_tracker.adapters.sql"
PLAIN_WORDS = {
    "ResourceClosedError": "an UPDATE gives no rows to read; its result has a rowcount",
    "ConcurrentUpdateError": "it says no by returning False; the caller knows the right error",
}
NO_CASE = {
    "'str' object has no attribute 'value'": "a text has no .value; "
    "ConcurrentUpdateError takes a CaseId (case.id), or nothing",
}


@pytest.fixture(autouse=True)
def mapped(request, learners):
    """The app's tables. A mapper that refuses its options fails task 1 and no other."""
    learners("exercise.py")
    try:
        map_tables()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is about the mapper
        for name in [name for name in sys.modules if name.startswith(APP)]:
            del sys.modules[name]  # the next test meets this error again, and no other one
        marker = request.node.get_closest_marker("task")
        if marker.args[0] != 1:
            pytest.skip("not checked yet: 10.1 comes first")
        words = str(error).partition(" (Background")[0]
        pytest.fail(f"the mapper cannot use what __mapper_args__ returns: {words}")


def map_tables():
    """Load the app's tables, and have their mappers made."""
    importlib.import_module(f"{APP}.tables")
    configure_mappers()
    if isinstance(app("models", "CaseRecord").__mapper__.version_id_col, str):
        raise TypeError("version_id_col takes the column, cls.version, and not its name")


@pytest.fixture
def stored(mapped, session_factory):
    """CASE-017 and CASE-018, both at version 1."""
    record = app("models", "CaseRecord")
    with session_factory.begin() as session:
        for case_id in (LATE, OTHER):
            session.add(record(id=case_id.value, title="Late", status="DRAFT", version=1))


@pytest.fixture
def units(engine, stored):
    """The units of work that the application runs on."""
    return app("units", "SqlUnitsOfWork")(engine)


@pytest.fixture
def session(session_factory):
    """A Session of the application."""
    with session_factory() as session:
        yield session


def app(module, name):
    """Return what a module of the sql adapter has under this name, as this lesson sees it."""
    try:
        return getattr(importlib.import_module(f"{APP}.{module}"), name)
    except ImportError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        if any(frame.filename.endswith("case_store.py") for frame in frames):
            pytest.skip("not checked yet: 10.4 comes first")  # it makes its UPDATE at import
        raise


def read_by_two(ana, ben):
    """Let two Sessions read CASE-017, and end both transactions; return the two records."""
    records = []
    for session in (ana, ben):
        records.append(session.get(app("models", "CaseRecord"), LATE.value))
        session.commit()  # what was read stays in the record
    return records


def rename(record, title):
    """Give a record another title and the next version."""
    record.title, record.version = title, record.version + 1


@pytest.mark.task(1)
def test_the_second_of_two_writers_is_refused(session_factory, stored, other_connection):
    """Two people decide about one case, and one of the decisions is gone without a trace."""
    with session_factory() as ana, session_factory() as ben:
        anas, bens = read_by_two(ana, ben)
        rename(bens, "Ben was here")
        ben.commit()
        rename(anas, "Ana was here")
        try:
            ana.commit()
            answer = "raised nothing"
        except StaleDataError:
            answer = "raised StaleDataError"

    rows = other_connection(STORED)
    assert rows == [("Ben was here", 2)], (
        "Ana and Ben read version 1, Ben saved version 2. Ana's UPDATE must find no row; "
        f"her commit {answer}, and stored is {rows}"
    )


@pytest.mark.task(1)
def test_the_mapper_does_not_count(session_factory, mapped, other_connection, observed):
    """A case that moves here at version 7 and starts again at 1 is open to everybody's old page."""
    record = app("models", "CaseRecord")
    with session_factory.begin() as session:
        session.add(record(id=LATE.value, title="Late", status="DRAFT", version=7))

    rows = other_connection(STORED)
    observed["counted_by"] = "the mapper" if rows == [("Late", 1)] else "us"
    assert rows == [("Late", 7)], f"a new record was given version 7; stored is {rows}"

    with session_factory.begin() as session:
        session.get(record, LATE.value).title = "Very late"
    rows = other_connection(STORED)
    assert rows == [("Very late", 7)], f"only the title was changed, not the version: {rows}"


@pytest.mark.task(2)
def test_a_stale_record_is_a_concurrent_update(session_factory, stored):
    """Outside of the sql adapter nobody knows a StaleDataError: the client reads "500"."""
    unit_of_work = app("units", "SqlUnitOfWork")
    with unit_of_work(session_factory) as ana, unit_of_work(session_factory) as ben:
        anas, bens = read_by_two(ana.session, ben.session)
        rename(bens, "Ben was here")
        ben.commit()
        rename(anas, "Ana was here")
        try:
            InPlainWords(ana, NO_CASE).commit()
            raised = None
        except (CaseTrackerError, SQLAlchemyError) as error:
            raised = error

    kind = type(raised).__name__
    assert isinstance(raised, Concurrent), f"Ana's commit raised {kind}, not ConcurrentUpdateError"


@pytest.mark.task(2)
def test_other_errors_keep_their_names(exercise, units, observed):
    """Who is told "somebody else was faster" tries again, and again, with an id that is taken."""
    translate = InPlainWords(exercise, NO_CASE).translate_stale
    try:
        found = translate(StaleDataError("0 were matched"))
    except Concurrent:
        pytest.fail("translate_stale() raised the error; it returns it, and its caller raises it")
    assert isinstance(found, Concurrent), f"a StaleDataError became {found!r}"

    for error in (ValueError("no title"), OperationalError("UPDATE", {}, Exception("disk full"))):
        found, kind = translate(error), type(error).__name__
        observed["other_errors"] = type(found).__name__
        assert found is None, f"expected None for {kind}; translate_stale() returned {found!r}"
    with pytest.raises(CaseAlreadyExistsError), units.write() as unit:
        unit.cases.add(Case(LATE, "Another one"))
        unit.commit()


@pytest.fixture
def repository(session, stored):
    """The repository of lesson 02: it calls advance() in each save()."""
    return InPlainWords(app("repository", "SqlAlchemyCaseRepository")(session), NO_CASE)


@pytest.mark.task(3)
def test_a_case_that_was_read_too_early_is_refused(
    exercise, repository, session, session_factory, other_connection
):
    """The page of an hour ago must not overwrite what a colleague has decided since."""
    anas = repository.get(LATE)
    session.commit()
    with session_factory() as second:
        others = app("repository", "SqlAlchemyCaseRepository")(second)
        bens = others.get(LATE)
        bens.rename("Ben was here")
        others.save(bens)
        second.commit()

    anas.rename("Ana was here")
    session.expire_all()  # as in a new request: the record is read anew
    try:
        repository.save(anas)
        raised = None
    except Concurrent as error:
        raised = error
    session.commit()

    rows = other_connection(STORED)
    assert raised is not None, (
        f"Ana read version 1, Ben saved version 2; save() of Ana's case raised nothing: {rows}"
    )
    assert raised.case_id == LATE, f"the error must name the case; it names {raised.case_id}"
    assert rows == [("Ben was here", 2)], f"Ana's case was refused, and stored is {rows}"
    assert anas.version == 1, f"Ana's case was refused; it says version {anas.version}, not 1"


@pytest.mark.task(3)
def test_a_case_that_is_ahead_is_refused(repository, session, other_connection):
    """After a restore from a backup, a case in memory can be newer than its row."""
    case = repository.get(LATE)
    case.version = 9
    try:
        repository.save(case)
        told = "nothing"
    except Concurrent:
        told = "ConcurrentUpdateError"
    session.commit()

    rows = other_connection(STORED)
    assert (told, rows) == ("ConcurrentUpdateError", [("Late", 1)]), (
        f"the row is at version 1, the case says 9: save() raised {told}, and stored is {rows}"
    )


@pytest.mark.task(3)
def test_each_save_is_a_new_version(repository, session, other_connection, observed):
    """Somebody notes "do not approve": whoever approves must have seen the note."""
    case, noted = repository.get(LATE), repository.get(OTHER)
    case.rename("Very late")
    repository.save(case)
    noted.add_note(Note("do not approve"))
    repository.save(noted)
    session.commit()

    versions = dict(other_connection("SELECT id, version FROM cases"))
    observed["after_a_rename"], observed["after_a_note"] = (
        versions["CASE-017"],
        versions["CASE-018"],
    )
    assert versions["CASE-017"] == 2, f"the case was renamed once; version {versions['CASE-017']}"
    assert versions["CASE-018"] == 2, (
        f"a note was written; its case has version {versions['CASE-018']}"
    )
    assert (case.version, noted.version) == (2, 2), (
        f"stored is version 2; the cases in memory say {case.version} and {noted.version}"
    )


@pytest.fixture
def send(exercise, session, stored):
    """Sends the learner's UPDATE of title and status; returns how many rows it found."""
    statement = exercise.versioned_update(app("tables", "CASES"), "title", "status")
    assert isinstance(statement, Update), f"versioned_update() returned {statement!r}, no UPDATE"

    def send(title, version_read, row_id=LATE.value):
        new = {"new_title": title, "new_status": "SUBMITTED"}
        ids = {"row_id": row_id, "version_read": version_read}
        found = session.execute(statement, new | ids).rowcount
        session.commit()
        return found

    return send


@pytest.mark.task(4)
def test_the_update_writes_the_next_version(send, other_connection, observed):
    """A version that nobody counts is the same for the first reader and for the last one."""
    found = send("Very late", 1)

    rows = other_connection("SELECT id, title, status, version FROM cases ORDER BY id")
    observed["found"] = found
    if found == 1:
        observed["version_after"] = rows[0][3]
    assert found == 1, f"CASE-017 is at version 1; the UPDATE found {found} rows"
    expected = [("CASE-017", "Very late", "SUBMITTED", 2), ("CASE-018", "Late", "DRAFT", 1)]
    assert rows == expected, f"CASE-017 was changed at version 1; stored is {rows}"
    found, rows = send("Later still", 2), other_connection(STORED)
    assert (found, rows) == (1, [("Later still", 3)]), f"changed again, at version 2: {rows}"


@pytest.mark.task(4)
def test_the_update_finds_nothing_at_another_version(exercise, send, other_connection):
    """version_id_col guards records. An UPDATE of a table is on its own."""
    send("Ben was here", 1)
    condition = exercise.versioned_update(app("tables", "CASES"), "title").whereclause

    for version_read in (1, 0, 3):
        found = send("Ana was here", version_read)
        rows = other_connection(STORED)
        assert rows == [("Ben was here", 2)], (
            f"the row is at version 2; an UPDATE for version {version_read} changed it: {rows}\n"
            f"WHERE {condition}\n"
            "where() takes two conditions as two arguments; Python's `and` would keep one of them"
        )
        assert found == 0, f"the row is at version 2; version {version_read} found {found} rows"


@pytest.fixture
def write(exercise, session, stored):
    """Calls write_version() for a case, and commits; returns its answer."""
    statement = exercise.versioned_update(app("tables", "CASES"), "title")
    learners = InPlainWords(exercise, PLAIN_WORDS)

    def write(case):
        answer = learners.write_version(session, statement, case, title=case.title)
        session.commit()
        return answer

    return write


@pytest.mark.task(5)
def test_a_refused_case_stays_as_it_was(write, other_connection, observed):
    """A program that does not look at rowcount tells Ana that her change is stored."""
    bens, anas = Case(LATE, "Ben was here"), Case(LATE, "Ana was here")

    assert write(bens), "the row was at version 1, as Ben's case; write_version() said no"
    assert bens.version == 2, f"Ben's case was stored at version 2; it says {bens.version}"
    answer = observed["answer"] = write(anas)

    observed["version_after_refusal"] = anas.version
    rows = other_connection(STORED)
    assert rows == [("Ben was here", 2)], f"Ana's UPDATE came too late, and stored is {rows}"
    assert not answer, f"Ana's UPDATE found no row, and write_version() said {answer!r}"
    assert anas.version == 1, f"Ana's case was not stored; it says version {anas.version}, not 1"
    assert not write(Case(CaseId("CASE-404"), "Never stored")), "there is no CASE-404"


@pytest.mark.task(5)
def test_one_statement_checks_and_writes(exercise, write, recording):
    """Between a question and an UPDATE somebody else can save."""
    with recording() as sent:
        assert write(Case(LATE, "Very late")), "the row was at version 1, as the case"

    assert sent.count() == 1, f"write_version() sent {sent.count()} statements; 1 is enough"
    kinds = [str(entry.kind) for entry in sent.inside("write_version")]
    assert "COMMIT" not in kinds, "write_version() sent a COMMIT; its caller commits"


@pytest.mark.task(5)
def test_the_application_refuses_a_stale_case(units, other_connection):
    """The application saves through this UPDATE, and must not add the note of a refused case."""
    with units.read() as unit:
        anas = unit.cases.get(LATE)
    with units.write() as unit:
        bens = unit.cases.get(LATE)
        bens.rename("Ben was here")
        unit.cases.save(bens)
        unit.commit()

    anas.add_note(Note("Ana was here"))
    with pytest.raises(Concurrent), units.write() as unit:
        unit.cases.save(anas)
        unit.commit()
    rows = other_connection(STORED) + other_connection(NOTES)
    assert rows == [("Ben was here", 2)], f"Ana's case was refused, and stored is {rows}"


@pytest.fixture
def command(exercise, units):
    """Renames CASE-017 as a client does who has seen a version; returns what came of it."""
    service = importlib.import_module("case_tracker.services.rename_case")
    rename_case = InPlainWords(service, NO_CASE).rename_case

    def rename(title, expected_version):
        try:
            return rename_case(units, LATE, title, expected_version=expected_version).version
        except Concurrent as error:
            return error

    return rename


@pytest.mark.task(6)
def test_the_client_with_an_old_page_is_refused(command, other_connection):
    """Each request reads the newest version, so only the client can say what was on the screen."""
    assert command("Ben was here", 1) == 2, "Ben has seen version 1, which is stored"

    answer = command("Ana was here", 1)

    rows = other_connection(STORED)
    assert rows == [("Ben was here", 2)], (
        f"Ana has seen version 1, Ben saved version 2; her command was stored: {rows}"
    )
    assert isinstance(answer, Concurrent), f"Ana's command returned {answer!r}"
    assert answer.case_id == LATE, f"the error must name the case; it names {answer.case_id}"


@pytest.mark.task(6)
def test_any_other_version_is_refused(command, observed):
    """After a restore from a backup, clients have seen versions that no longer exist."""
    command("Ben was here", 1)

    answers = {version: command("Ana was here", version) for version in (0, 1, 99)}

    refused = [version for version, answer in answers.items() if isinstance(answer, Concurrent)]
    observed["refused"] = refused
    let_through = observed["let_through"] = [
        version for version in answers if version not in refused
    ]
    assert refused == [0, 1, 99], f"stored is version 2; let through: version {let_through}"


@pytest.mark.task(6)
def test_whoever_names_no_version_goes_on(command):
    """A script that closes old cases has looked at no page, and need not say so."""
    assert command("Ben was here", 1) == 2, "version 1 is stored and was named"
    answer = command("A script was here", None)

    assert answer == 3, f"the script named no version, and its command came to {answer!r}"
