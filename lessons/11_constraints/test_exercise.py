"""Lesson 11: constraints. Rows are sent past the domain; the database itself has to refuse them."""

import importlib
import re
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    insert,
    inspect,
    text,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    CaseTrackerError,
    CommitOutcomeUnknownError,
    ConstraintViolatedError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus

APP = "case_tracker.adapters.sql"
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
CASE = {"id": "CASE-017", "title": "Late", "status": "DRAFT", "version": 1, "reference": "INV-1"}
ROWS = {
    "cases": CASE | {"created_at": TEN, "updated_at": TEN},
    "case_notes": {"id": 1, "case_id": "CASE-017", "text": "called", "created_at": TEN},
    "audit_events": {
        "sequence": 1,
        "id": "event-1",
        "case_id": "CASE-017",
        "actor": "ana",
        "event_type": "opened",
        "occurred_at": TEN,
        "details_json": "{}",
    },
}
TASK_OF = {"cases": 2, "case_notes": 3, "audit_events": 4}
BAD = {  # what no case can be, and the rule that says so
    "an empty id": ("id_length", {"id": ""}),
    "an id of 41 characters": ("id_length", {"id": 41 * "x"}),
    "an empty title": ("title_length", {"title": ""}),
    "a title of 201 characters": ("title_length", {"title": 201 * "x"}),
    "status LOST": ("status_known", {"status": "LOST"}),
    "status draft, in small letters": ("status_known", {"status": "draft"}),
    "a reference of 61 characters": ("reference_length", {"reference": 61 * "x"}),
    "version 0": ("version_positive", {"version": 0}),
    "version -1": ("version_positive", {"version": -1}),
}
GOOD = {
    "an id of 1 character": {"id": "x"},
    "an id of 40 characters": {"id": 40 * "x"},
    "a title of 1 character": {"title": "x"},
    "a title of 200 characters": {"title": 200 * "x"},
    "a reference of 60 characters": {"reference": 60 * "x"},
    "no reference": {"reference": None},
    "version 7": {"version": 7},
} | {f"status {status}": {"status": status.value} for status in CaseStatus}


def app(module, name):
    """Return what a module of the sql adapter has under this name, as this lesson sees it."""
    return getattr(importlib.import_module(f"{APP}.{module}"), name)


@pytest.fixture(autouse=True)
def tables(request, learners):
    """The app's tables with the learner's rules. What cannot be read fails its own task only."""
    learners("exercise.py")
    try:
        return importlib.import_module(f"{APP}.tables").METADATA
    except Exception as error:  # noqa: BLE001 - whatever it is, it is about a rule or its name
        for name in [name for name in sys.modules if name.startswith(APP)]:
            del sys.modules[name]  # the next test meets this error again, and no other one
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, KeyError):
            return blame(request, 1, f"no naming convention knows %({error.args[0]})s")
        if isinstance(error, ValueError) and "format" in str(error):
            words = (
                "a pattern of CONSTRAINT_NAMES is not complete: each part is %(name)s, with the s"
            )
            return blame(request, 1, f"{words} ({error})")
        makers = {"add_case_rules": 2, "add_note_rules": 3, "add_audit_rules": 4}
        return blame(request, next((makers[name] for name in frames if name in makers), 1), error)


def blame(request, task, error):
    """Fail the tests of this task, and let the others wait for it."""
    marker = request.node.get_closest_marker("task")
    if marker.args[0] != task:
        pytest.skip(f"not checked yet: 11.{task} comes first")
    pytest.fail(f"the tables cannot be made: {in_short(error)}")


def in_short(error):
    """Return what the database says, else SQLAlchemy, without the link to its pages."""
    return str(getattr(error, "orig", None) or error).partition(" (Background")[0].strip()


def conditions(table):
    """Return the CHECKs of a table as they are sent; a brace in one of them is a forgotten f."""
    checks = [c for c in table.constraints if isinstance(c, CheckConstraint)]
    lines = sorted(f"{check.name}: {check.sqltext}" for check in checks)
    braces = ["a { in the SQL: is the f before the quotes missing?"] * any("{" in x for x in lines)
    return "\n".join([f"the CHECKs of {table.name}:", *lines, *braces])


@pytest.fixture
def engine(request, database_url, tables):
    """A database with the app's tables. A table that cannot be made fails its own task only."""
    builder = ("engine", "build_engine")
    if not database_url.startswith("sqlite"):
        builder = ("postgresql", "build_postgresql_engine")
    engine = app(*builder)(database_url)
    try:
        for table in tables.sorted_tables:
            try:
                table.create(engine)
            except SQLAlchemyError as error:
                said = f"{in_short(error)}\n{conditions(table)}"
                blame(request, TASK_OF[table.name], said)
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def send(engine, tables):
    """Inserts a row as any other program could."""

    def send(name, **changes):
        with engine.begin() as connection:
            connection.execute(insert(tables.tables[name]).values(ROWS[name] | changes))

    return send


@pytest.fixture
def answer(send):
    """Inserts a row; returns "stored", or what the database said when it refused."""

    def answer(name, **changes):
        try:
            send(name, **changes)
        except IntegrityError as error:
            return str(error.orig).partition("\n")[0]
        return "stored"

    return answer


@pytest.mark.task(1)
def test_the_rules_have_names_in_the_database(engine):
    """A migration can drop only what has a name; a log that says "constraint None" helps nobody."""
    database = inspect(engine)

    keys = {name: database.get_pk_constraint(name)["name"] for name in TASK_OF}
    links = {
        name: database.get_foreign_keys(name)[0]["name"] for name in TASK_OF if name != "cases"
    }

    for table, name in keys.items():
        expected = f"pk_{table}"
        assert name == expected, f"the primary key of {table} is called {name!r}, not {expected!r}"
    for table, name in links.items():
        expected = f"fk_{table}_case_id_cases"
        assert name == expected, f"the foreign key of {table} is called {name!r}, not {expected!r}"


@pytest.mark.task(1)
def test_two_rules_never_share_a_name(exercise, observed):
    """Two rules with one name: PostgreSQL refuses the table, and only there."""
    metadata = MetaData(naming_convention=exercise.CONSTRAINT_NAMES)
    columns = [Column("floor", Integer), Column("number", Integer), Column("hour", Integer)]
    visits = Table("visits", metadata, *columns)
    rules = {
        UniqueConstraint("floor"): "uq_visits_floor",
        UniqueConstraint("floor", "hour"): "uq_visits_floor_hour",
        CheckConstraint("hour < 24", name="hour_of_day"): "ck_visits_hour_of_day",
        ForeignKeyConstraint(
            ["floor", "number"], ["rooms.floor", "rooms.number"]
        ): "fk_visits_floor_number_rooms",
    }
    for rule in rules:
        visits.append_constraint(rule)
    rules[Index(None, visits.c.floor, visits.c.hour)] = "ix_visits_floor_hour"

    names = {expected: str(rule.name) for rule, expected in rules.items()}
    braces = [name for name in names.values() if "{" in name]
    assert not braces, f"a rule is called {braces[0]!r}: a part of a pattern is %(table_name)s"
    if names["uq_visits_floor_hour"] == names["uq_visits_floor"] != "None":
        observed["named"] = "by the first column"
    if names["ck_visits_hour_of_day"] == "hour_of_day" and names["uq_visits_floor"] != "None":
        pattern = exercise.CONSTRAINT_NAMES.get("ck", "")
        assert "column" not in str(pattern), (
            f"a CHECK is a text and has no columns: {pattern!r} is not used\n"
            "end it with %(constraint_name)s, the name that the rule was given"
        )
        observed["check"] = "without its table"
    for expected, name in names.items():
        assert name == expected, f"a rule of the table visits is called {name!r}, not {expected!r}"


def says(rule, said):
    """Say whether a refusal is about the rule of this name, with or without its table before it."""
    return re.search(rf"(\b|_){rule}\b", said)


@pytest.mark.task(2)
def test_what_no_case_can_be_is_refused(tables, answer, observed):
    """Whoever reads a row relies on it: one bad status, and the page of all cases fails."""
    answers = {
        what: answer("cases", **{"id": f"CASE-{n}", "reference": f"INV-{n}"} | row)
        for n, (what, (_, row)) in enumerate(BAD.items())
    }

    names = [str(rule.name) for rule in tables.tables["cases"].constraints]
    twice = [name for name in names if name.startswith("ck_cases_ck_")]
    assert not twice, f"a rule is called {twice[0]}: the convention puts ck_cases_ before each name"
    let_in = observed["let_in"] = [what for what, said in answers.items() if said == "stored"]
    assert not let_in, f"the table cases let in: {'; '.join(let_in)}"
    for what, (rule, _) in BAD.items():
        said = answers[what]
        assert says(rule, said), f"{what} was refused by another rule than {rule!r}: {said}"


@pytest.mark.task(2)
def test_what_a_case_can_be_is_stored(answer, observed):
    """A rule that is stricter than the domain stops people at work."""
    answers = {
        what: answer("cases", **{"id": f"CASE-{n}", "reference": f"INV-{n}"} | row)
        for n, (what, row) in enumerate(GOOD.items())
    }

    shut_out = observed["shut_out"] = [what for what, said in answers.items() if said != "stored"]
    assert not shut_out, f"the domain allows it, the table cases refused: {'; '.join(shut_out)}"


@pytest.mark.task(2)
def test_the_repository_cannot_go_around_the_rules(session_factory, other_connection):
    """A bug changes a case past its own checks; the row must not be stored."""
    case = Case(CaseId("CASE-017"), "Late")
    case.title = 300 * "x"  # nobody checks an attribute that is set

    with session_factory() as session:
        app("repository", "SqlAlchemyCaseRepository")(session).add(case)
        with suppress(IntegrityError):
            session.commit()
    assert other_connection("SELECT id FROM cases") == [], "a title of 300 characters was stored"


@pytest.mark.task(3)
def test_a_note_has_a_text_that_is_not_too_long(answer, send):
    """An empty note says that somebody had something to say, and that it is lost."""
    send("cases")
    found = {
        size: answer("case_notes", id=size + 1, text=size * "x") for size in (0, 1, 10_000, 10_001)
    }

    for size in (0, 10_001):
        assert says("text_length", found[size]), (
            f"a note of {size} characters must be refused by 'text_length'; it was: {found[size]}"
        )
    for size in (1, 10_000):
        assert found[size] == "stored", f"a note of {size} characters is fine: {found[size]}"


@pytest.mark.task(4)
def test_an_event_stands_once(engine, answer, send, observed):
    """An import that runs twice must not make two approvals of one."""
    send("cases")
    send("cases", id="CASE-018", reference=None)
    send("audit_events")

    another = answer("audit_events", sequence=2, id="event-2")
    same = answer("audit_events", sequence=3)
    elsewhere = answer("audit_events", sequence=4, case_id="CASE-018")

    found = inspect(engine).get_indexes("audit_events")
    observed["an_index"] = any(index["column_names"] == ["id"] for index in found)
    observed["second"] = "stored" if same == "stored" else "refused"
    assert another == "stored", f"event-2 is another event of CASE-017; the answer was: {another}"
    assert same != "stored", "event-1 of CASE-017 was stored a second time: no rule forbids it"
    assert elsewhere != "stored", "event-1 belongs to CASE-017, and was stored for CASE-018 as well"


@pytest.fixture
def told(send, learners):
    """Breaks a rule inside translated_errors(); returns the error that comes out."""
    errors = learners("errors.py")

    def told(name, **changes):
        try:
            with errors.translated_errors():
                send(name, **changes)
        except CaseTrackerError as error:
            return error
        return None

    return told


@pytest.fixture
def stored(send):
    """One row in each table."""
    for name in ROWS:
        send(name)


@pytest.mark.task(5)
def test_what_is_taken_is_told_apart(stored, told):
    """A client whose reference is taken must not be told to choose another id."""
    errors = [told("cases", reference="INV-2"), told("cases", id="CASE-018")]

    kinds = [type(error).__name__ for error in errors]
    assert type(errors[0]) is CaseAlreadyExistsError, f"the id was taken; the caller got {kinds[0]}"
    assert type(errors[1]) is ReferenceTakenError, (
        f"the reference was taken; the caller got {kinds[1]}"
    )


def returned_by(refusal):
    """Let the learner's function answer; an error that it raises is no answer."""

    def answer(constraint):
        try:
            return refusal(constraint)
        except CaseTrackerError as error:
            pytest.fail(f"refusal() raised {type(error).__name__}; it returns the error")

    return answer


@pytest.mark.task(5)
def test_every_other_rule_is_told_by_its_name(engine, stored, told, learners, observed):
    """The program says "exists already", and the truth is that a case is missing."""
    sqlite = engine.dialect.name == "sqlite"  # does not say which foreign key was broken
    link = "SQLITE_CONSTRAINT_FOREIGNKEY" if sqlite else "fk_case_notes_case_id_cases"
    refusal = returned_by(learners("errors.py").refusal)
    errors = {
        "pk_case_notes": told("case_notes"),
        "pk_audit_events": told("audit_events", id="event-2"),
        "cases.title": told("cases", id="CASE-018", reference=None, title=None),
        link: told("case_notes", id=2, case_id="CASE-404"),
        "ck_cases_reference_length": refusal("ck_cases_reference_length"),
        "uq_audit_events_id": refusal("uq_audit_events_id"),
    }

    refusal("pk_cases")
    wrong = {
        name: type(error).__name__
        for name, error in errors.items()
        if type(error) is not ConstraintViolatedError or error.constraint != name
    }
    observed["misnamed"] = list(wrong)
    assert not wrong, "\n".join(
        f"the rule {name} was broken; the caller got {kind}, not ConstraintViolatedError({name!r})"
        for name, kind in wrong.items()
    )


@pytest.mark.task(5)
def test_two_writers_who_were_told_that_the_id_is_free(engine, other_connection):
    """Asking first is polite, and no protection: both were told yes."""
    from case_tracker.services.open_case import open_case
    from case_tracker.services.read_cases import show_case

    units, late = app("units", "SqlUnitsOfWork")(engine), CaseId("CASE-017")
    for _writer in ("Ana", "Ben"):
        with pytest.raises(CaseNotFoundError):
            show_case(units, late)

    open_case(units, late, "Ben's case")
    try:
        open_case(units, late, "Ana's case")
        raised = None
    except (CaseTrackerError, SQLAlchemyError) as error:
        raised = error

    kind = type(raised).__name__
    assert isinstance(raised, CaseAlreadyExistsError), f"Ben was first; Ana's case: {kind}"
    assert other_connection("SELECT title FROM cases") == [("Ben's case",)]


@pytest.mark.task(6)
def test_a_fault_of_the_program_comes_out(engine, learners, observed):
    """A bug that is swallowed is found months later, in the data."""
    errors, raised = learners("errors.py"), None

    try:
        with errors.translated_errors(), engine.connect() as connection:
            connection.execute(text("SELECT id FROM chases"))
    except TypeError:
        pytest.fail("translate() has no word for a bug and returned None, which cannot be raised")
    except (SQLAlchemyError, CaseTrackerError) as error:
        raised = error

    observed["came_out"] = type(raised).__name__
    assert raised is not None, "there is no table 'chases', and translated_errors() said nothing"
    assert isinstance(raised, SQLAlchemyError), (
        f"there is no table 'chases': a bug; it left the block as {type(raised).__name__}"
    )


@pytest.mark.task(6)
def test_the_first_error_stays_the_cause(stored, told, observed):
    """The log of a refused row must show the statement and what the driver said."""
    raised = told("cases")

    assert raised is not None, "CASE-017 was added twice, and no error of the domain came out"
    observed["cause"] = "none" if raised.__suppress_context__ and not raised.__cause__ else "there"
    assert isinstance(raised.__cause__, IntegrityError), (
        f"the cause of {type(raised).__name__} is {raised.__cause__!r}, not the IntegrityError\n"
        "`raise … from error` makes the first error its cause, and not an accident on the way"
    )


@pytest.mark.task(6)
def test_the_block_is_left_alone(stored, send, learners):
    """What is no database error passes, and a caller can bring a translation of its own."""
    errors = learners("errors.py")

    with errors.translated_errors():
        send("cases", id="CASE-018", reference=None)
    own = errors.translated_errors(lambda _: CommitOutcomeUnknownError())
    came_out = "nothing"
    try:
        with own:
            int("no title")
    except (ValueError, CaseTrackerError) as error:
        came_out = type(error).__name__
    assert came_out == "ValueError", (
        f"the block raised a ValueError, and {came_out} came out\n"
        "translated are DATABASE_ERRORS only"
    )
    try:
        with errors.translated_errors(lambda _: CommitOutcomeUnknownError()):
            send("cases")
    except (CaseTrackerError, SQLAlchemyError) as error:
        kind = type(error).__name__
        assert isinstance(error, CommitOutcomeUnknownError), (
            f"the block had a translation of its own, for COMMIT, and it was not asked: {kind}"
        )
    else:
        pytest.fail("CASE-017 was added twice, and the block with its own translation said nothing")
