"""Lesson 13: deleted for good, and deleted out of sight. Asked on a real database."""

import importlib
import re
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import MetaData, delete, insert, inspect, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from sqlalchemy.schema import CreateIndex

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseNotFoundError, ConcurrentUpdateError
from workbook.lens.budget import over_budget

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
ALIVE, GONE = CaseId("CASE-001"), CaseId("CASE-002")
WORDS = {
    "Boolean value": "`not`, `and` and `is` are Python's; return a condition of the column",
    "Textual SQL": "it returned a text; return a condition of the column",
    "no attribute 'deleted_at'": "a table has its columns in table.c; keep the first line",
    "tzinfo": "deleted_at holds a time, and it was compared with something else",
}
STAMPS = {"created_at": TEN, "updated_at": TEN, "version": 1, "status": "DRAFT"}


@pytest.fixture
def models(request, learners):
    """The learner's classes. What cannot be mapped fails its own task and no other."""
    try:
        module = learners("models.py")
        configure_mappers()
    except (NameError, TypeError, SQLAlchemyError) as error:
        from case_tracker.adapters.sql.conventions import Conventions

        Conventions.metadata.clear()  # the next test imports the file again
        words = in_short(str(error).rpartition("Original exception was: ")[2])
        task = 4 if re.search("notes|relationship|cascade|passive", words, re.IGNORECASE) else 3
        if "<dialectname>" in words:  # so answers ForeignKey(), which takes options of databases
            task, words = 3, f"{words}\nthe option of ForeignKey() is ondelete"
        blame(request, task, f"the classes of models.py cannot be mapped: {words}")
    return module


def blame(request, task, words):
    """Fail the tests of this task, and let the others wait for it."""
    marker = request.node.get_closest_marker("task")
    if marker is None or marker.args[0] != task:
        pytest.skip(f"not checked yet: 13.{task} comes first")
    pytest.fail(words)


def in_short(words):
    """Return what SQLAlchemy says, without the link to its pages."""
    return str(words).partition("\n")[0].partition(" (Background")[0]


@pytest.fixture
def app(request, exercise, models):
    """The application on the learner's files: its tables call unique_among_living()."""
    try:
        importlib.import_module("case_tracker.adapters.sql.tables")
    except Exception as error:
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        if "unique_among_living" not in frames:
            raise
        wanted = "alive() takes a mapped class or a table; column.table is the table of a column"
        hint = f"\n{wanted}" if "alive" in frames or "SoftDeleted" in str(error) else ""
        blame(request, 2, f"unique_among_living() stopped: {in_short(error)}{hint}")


@pytest.fixture
def engine(request, app, database_url):
    """An engine on a database with the learner's tables and without any index of the app."""
    from case_tracker.adapters.sql.engine import build_engine
    from case_tracker.adapters.sql.postgresql import build_postgresql_engine

    sqlite = database_url.startswith("sqlite")
    engine = build_engine(database_url) if sqlite else build_postgresql_engine(database_url)
    try:
        copied().create_all(engine)
    except (TypeError, SQLAlchemyError) as error:
        said = in_short(getattr(error, "orig", error))
        blame(request, 3, f"the tables cannot be made with this foreign key: {said}")
    yield engine
    engine.dispose()


def copied():
    """Return copies of the learner's tables, without indexes: each task adds its own."""
    from case_tracker.adapters.sql.audit import AuditEventRecord

    metadata = MetaData()
    for table in AuditEventRecord.metadata.sorted_tables:
        table.to_metadata(metadata).indexes.clear()
    return metadata


def make(engine, metadata):
    """Create the tables with the learner's index; say in plain words what cannot be made."""
    try:
        metadata.create_all(engine)
    except AttributeError as error:
        pytest.fail(
            f"the condition of the index is not one of SQL: {error}\n"
            "sqlite_where and postgresql_where take what alive() returns for the table"
        )
    except SQLAlchemyError as error:
        pytest.fail(f"the index cannot be made: {getattr(error, 'orig', error)}")


def store(engine, *cases, notes=0):
    """Insert rows past the application."""
    tables = copied().tables
    with engine.begin() as connection:
        for number, case in enumerate(cases, 1):
            row = STAMPS | {"id": f"CASE-{number:03}", "title": "Late report"} | case
            connection.execute(insert(tables["cases"]), row)
            for _ in range(notes):
                note = {"case_id": row["id"], "text": "called", "created_at": TEN}
                connection.execute(insert(tables["case_notes"]), note)


@pytest.fixture
def one_of_two(exercise, engine):
    """CASE-001 is alive, CASE-002 was deleted yesterday; each has a note."""
    store(engine, {}, {"deleted_at": TEN}, notes=1)


def living(cases):
    """Return CASE-001, which is alive."""
    try:
        return cases.get(ALIVE)
    except CaseNotFoundError:
        pytest.fail("CASE-001 is alive, and get(CASE-001) says that there is no such case")


def ids(cases):
    """Return the ids of cases or of lines of a page."""
    return [getattr(case.id, "value", case.id) for case in cases]


@pytest.fixture
def cases(session_factory):
    """The repository that the application runs on."""
    from case_tracker.adapters.sql.case_store import SqlCaseStore

    with session_factory() as session:
        yield SqlCaseStore(session)


@contextmanager
def in_plain_words(observed):
    """Say what SQLAlchemy cannot do with the condition of alive()."""
    try:
        yield
    except (TypeError, AttributeError, SQLAlchemyError) as error:
        text = str(getattr(error, "orig", None) or error).partition(" (Background")[0]
        observed["compared_with"] = "no time" if "tzinfo" in text else "a time, or nothing"
        said = next((said for part, said in WORDS.items() if part in text), text)
        raise AssertionError(f"alive(): {said}") from error


@pytest.mark.guard
def test_the_rest_of_the_app_still_imports_both_files(exercise, models):
    """What is renamed here breaks every module that reads or writes cases."""
    for name in ("mapping", "repository", "read_models", "audit"):
        __import__(f"case_tracker.adapters.sql.{name}")

    assert issubclass(models.CaseRecord, exercise.SoftDeleted)
    assert issubclass(models.CaseRecord, exercise.Referenced)
    assert models.CaseRecord.notes.property.order_by, "the notes of a case have no order any more"


@pytest.mark.guard
def test_a_note_always_has_a_case(exercise, models):
    """A note without a case is a text that nobody finds again."""
    assert not models.CaseNoteRecord.__table__.c.case_id.nullable, (
        "case_id may be NULL now: a note is deleted with its case, and never left alone"
    )


@pytest.mark.task(1)
def test_a_page_shows_the_living(exercise, one_of_two, session_factory, observed):
    """A case that somebody deleted on purpose is shown to every customer again."""
    from case_tracker.adapters.sql.models import CaseRecord
    from case_tracker.adapters.sql.read_models import SqlCasePages

    assert alive(exercise, CaseRecord) is not None, "alive() returned None: is `return` missing?"
    with session_factory() as session, in_plain_words(observed):
        observed["records"] = ids(session.scalars(select(CaseRecord).order_by(CaseRecord.id)))
        page, total = SqlCasePages(session).page(), SqlCasePages(session).total()

    observed["page"], shown = ids(page), ", ".join(ids(page)) or "no case"
    assert observed["page"] == ["CASE-001"], (
        f"CASE-001 is alive and CASE-002 is deleted; the page shows {shown}"
    )
    assert [len(case.notes) for case in page] == [1], "the page lost the note of CASE-001"
    assert total == 1, f"one case is alive; the total says {total}"


@pytest.mark.task(1)
def test_a_deleted_case_is_not_found(cases, one_of_two):
    """A bookmark to a deleted case must not open it."""
    assert living(cases).id == ALIVE

    with pytest.raises(CaseNotFoundError):
        pytest.fail(f"get(CASE-002) returned {cases.get(GONE)}: the case is deleted")


@pytest.mark.task(1)
def test_a_deleted_case_is_not_changed(cases, one_of_two):
    """Two people work at once: what one has deleted, the other must not decide about."""
    case = living(cases)
    case.title = "Very late report"
    cases.save(case)

    for change in (cases.save, cases.remove):
        try:
            change(Case(GONE, "Back again", version=1))
        except (CaseNotFoundError, ConcurrentUpdateError):
            continue
        pytest.fail(f"{change.__name__}() changed CASE-002, which is deleted")


@pytest.mark.task(1)
def test_a_record_and_its_table_are_asked_alike(exercise, one_of_two, session_factory):
    """One query goes through the ORM and the next one past it: both must mean the same rows."""
    from case_tracker.adapters.sql.models import CaseRecord

    table = CaseRecord.__table__
    with session_factory() as session:
        found = {
            "a record": session.scalars(select(CaseRecord.id).where(alive(exercise, CaseRecord))),
            "a table": session.scalars(select(table.c.id).where(alive(exercise, table))),
            "an UPDATE": session.scalars(
                update(table).where(alive(exercise, table)).values(title="x").returning(table.c.id)
            ),
        }
        found = {what: list(rows) for what, rows in found.items()}

    for what, rows in found.items():
        assert rows == ["CASE-001"], f"alive() of {what} finds {rows}, not ['CASE-001']"


def alive(exercise, rows):
    """Call the learner's function; a truth value of SQL that Python cannot know is no answer."""
    try:
        return exercise.alive(rows)
    except (TypeError, AttributeError) as error:
        pytest.fail(f"alive() stopped: {error}\nIt returns a condition that the database computes.")


@pytest.fixture
def unique(exercise, engine, observed):
    """Gives the table of cases the learner's unique index; returns the copy of the table."""
    metadata = copied()
    table = metadata.tables["cases"]
    metadata.drop_all(engine)
    try:
        exercise.unique_among_living(table.c.reference)
    except (TypeError, AttributeError, SQLAlchemyError) as error:
        pytest.fail(f"unique_among_living() stopped: {error}")
    make(engine, metadata)
    observed["unique"] = all(index.unique for index in table.indexes)
    observed["columns"] = sorted(c.name for index in table.indexes for c in index.columns)
    return table


def refused(engine, *cases):
    """Store cases; return why the database refuses them, or an empty text."""
    try:
        store(engine, *cases)
    except IntegrityError as error:
        return str(error.orig)
    return ""


@pytest.mark.task(2)
def test_two_living_cases_never_share_a_reference(unique, engine, observed):
    """Two cases for one invoice: it is paid twice."""
    assert not refused(engine, {"reference": "INV-1"}, {"id": "CASE-002", "reference": "INV-2"})

    answer = refused(engine, {"id": "CASE-003", "reference": "INV-1"})

    observed["two_living"] = "refused" if answer else "stored"
    assert answer, "CASE-001 is alive and has INV-1; CASE-003 with INV-1 was stored as well"


@pytest.mark.task(2)
def test_the_reference_of_a_deleted_case_is_free(unique, engine):
    """A case was opened by mistake and deleted, and the right one can never be opened."""
    gone = {"reference": "INV-1", "deleted_at": TEN}
    answer = refused(engine, gone, {"id": "CASE-002"} | gone)
    assert not answer, f"CASE-001 and CASE-002 are deleted, and one INV-1 was refused: {answer}"

    answer = refused(engine, {"id": "CASE-003", "reference": "INV-1"})

    assert not answer, f"nobody alive has INV-1, and CASE-003 with INV-1 was refused: {answer}"
    many = [{"id": f"CASE-10{n}", "reference": None} for n in range(3)]
    assert not refused(engine, *many), "three cases without a reference are not three equal ones"


@pytest.mark.task(2)
def test_postgresql_has_the_same_rule(unique):
    """A rule that holds in the tests and not in production is found by a customer."""
    lines = [str(CreateIndex(i).compile(dialect=postgresql.dialect())) for i in unique.indexes]

    whole = [line for line in lines if not re.search(r"WHERE .*deleted_at IS NULL", line)]
    assert not whole, (
        f"PostgreSQL would be sent: {whole[0]}\n"
        "a partial index ends with WHERE; each database reads its own option"
    )


def unread(models):
    """Name an option of the foreign key that nobody reads: SQLAlchemy takes any."""
    (key,) = models.CaseNoteRecord.__table__.c.case_id.foreign_keys
    names = key.constraint.dialect_kwargs
    return "".join(f"\nForeignKey() has no {name}: the option is ondelete" for name in names)


@pytest.mark.task(3)
def test_the_database_deletes_the_notes_of_a_case(models, engine, other_connection, observed):
    """A clean-up script deletes cases with SQL, and knows nothing of our classes."""
    store(engine, {}, {}, notes=2)
    table = copied().tables["cases"]

    (key,) = inspect(engine).get_foreign_keys("case_notes")
    observed["on_delete"] = key["options"].get("ondelete", "nothing")

    try:
        with engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == "CASE-001"))
    except IntegrityError as error:
        pytest.fail(
            f"DELETE FROM cases WHERE id = 'CASE-001' was refused: {error.orig}{unread(models)}"
        )

    left = other_connection("SELECT case_id FROM case_notes")
    assert left == [("CASE-002",)] * 2, f"CASE-001 is gone, CASE-002 has 2 notes; left are {left}"


@pytest.fixture
def deleted(models, engine, session_factory, recording):
    """Deletes a case with 50 notes through a Session; returns what was sent."""

    def run(*, loaded):
        store(engine, {}, {}, notes=50)
        with session_factory() as session, recording() as sent:
            case = session.get(models.CaseRecord, "CASE-001")
            found = len(case.notes) if loaded else 50
            assert found == 50, f"CASE-001 has 50 notes, and case.notes has {found}"
            session.delete(case)
            try:
                session.commit()
            except SQLAlchemyError as error:
                pytest.fail(f"session.delete(case) failed: {getattr(error, 'orig', error)}")
        return sent

    return run


@pytest.mark.task(4)
def test_no_note_is_loaded_to_be_deleted(deleted, other_connection):
    """Deleting one old case fetches 10,000 notes over the network, to delete each of them."""
    sent = deleted(loaded=False)

    left = other_connection("SELECT case_id FROM case_notes")
    assert left == [("CASE-002",)] * 50, f"CASE-001 is deleted; {len(left)} notes are left, not 50"
    message = over_budget(sent, at_most=2, what="deleting a case with 50 notes")
    assert not message, message


@pytest.mark.task(4)
def test_notes_that_are_loaded_go_as_well(deleted, other_connection):
    """Whoever looks at the notes first must be able to delete the case afterwards."""
    deleted(loaded=True)

    left = other_connection("SELECT case_id FROM case_notes")
    assert left == [("CASE-002",)] * 50, f"CASE-001 is deleted; {len(left)} notes are left, not 50"


@pytest.mark.task(4)
def test_a_note_that_is_taken_out_is_still_deleted(
    models, engine, session_factory, other_connection, observed
):
    """The database cannot know that a note has left the list: this part is still the ORM's."""
    store(engine, {}, notes=3)

    with session_factory() as session:
        case = session.get(models.CaseRecord, "CASE-001")
        del case.notes[1]
        try:
            session.commit()
        except SQLAlchemyError as error:
            observed["taken_out"] = "refused"
            pytest.fail(f"note 2 was taken out of its case: {getattr(error, 'orig', error)}")

    left = other_connection("SELECT id FROM case_notes ORDER BY id")
    assert left == [(1,), (3,)], f"note 2 was taken out of its case; the table has {left}"
