"""Lesson 00: the first Session. Each test plays the caller, on a database file of its own."""

import sqlite3

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from workbook.lens.budget import folded
from workbook.plain import InPlainWords

OLD, NEW = "Late report", "Very late report"
FIRST_THE_CLASS = "Session.get() takes first the class, then the key: get(CaseRecord, case_id)"
PLAIN_WORDS = {
    "NoInspectionAvailable": FIRST_THE_CLASS,
    "missing 1 required positional argument: 'ident'": FIRST_THE_CLASS,
    "NoResultFound": "get_one() found no row with this key and raised; get() returns None then",
    "'NoneType' object": "no row has this key, and so None came back from the Session",
    "not persisted": "the Session has not loaded this case; delete() takes what get_one() returns",
    "was a class": "the Session was given the class CaseRecord; it takes one object of this class",
    "UnmappedInstanceError": "the Session was given something else than an object of CaseRecord",
    "takes 2 positional arguments": "Session.add() and delete() take one thing: a CaseRecord",
    "__init__() takes 1 positional": "name the columns: CaseRecord(id=case_id, title=title, ...)",
    "is an invalid keyword": "CaseRecord has the columns id, title and status, and no other",
}


@pytest.fixture
def exercise(exercise):
    """The learner's module; what its functions raise is said in plain words."""
    return InPlainWords(exercise, PLAIN_WORDS)


@pytest.fixture
def engine(exercise, database):
    """An engine as SQLAlchemy makes it, and the empty table `cases`."""
    engine = create_engine(f"sqlite:///{database}")
    exercise.Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    """The Session that is handed to your functions."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def titles(other_connection):
    """Reads all cases on a second connection, as {id: title}."""
    return lambda: dict(other_connection("SELECT id, title FROM cases ORDER BY id"))


@pytest.fixture
def stored(engine, database):
    """Stores cases in plain SQL, without any Session. They are submitted already."""

    def store(*cases):
        connection = sqlite3.connect(database)
        connection.executemany("INSERT INTO cases VALUES (?, ?, 'SUBMITTED')", cases)
        connection.commit()
        connection.close()

    return store


@pytest.fixture
def rows_read(recording, database):
    """Calls a function; returns its result, how many rows it read, and with which statements."""

    def count(call):
        with recording() as sent:
            result = call()
        connection = sqlite3.connect(database)
        selects = [s for s in sent.statements if s.kind == "SELECT"]
        rows = sum(len(connection.execute(s.text, s.parameters).fetchall()) for s in selects)
        connection.close()
        return result, rows, "\n".join(folded(sent.statements))

    return count


def commit(session):
    """Do what the caller does when all of its changes are complete."""
    try:
        session.commit()
    except DBAPIError as error:
        raise AssertionError(f"the database refused the commit: {error.orig}") from error


def compare(name, exercise, seen, who, observed):
    """Compare a prediction with what was really seen."""
    prediction = getattr(exercise, name)
    keys = " and ".join(map(repr, seen))
    assert isinstance(prediction, dict), f"{name} is a dictionary with the keys {keys}"
    for when in seen:
        guess = prediction.get(when, ...)
        assert guess is not ..., (
            f"your prediction for {when!r} is still empty: put 0 or 1 for the dots"
        )
        assert guess in (0, 1), f"your prediction for {when!r} is {guess!r}; put 0 or 1"

    observed["predicted"] = [prediction[when] for when in seen]
    for when, fact in seen.items():
        guess = prediction[when]
        head = f"{when}: {who} {fact!r}, and you predicted {guess!r}"
        rows = [f"  {w:<18}predicted {prediction[w]!r}   seen {seen[w]!r}" for w in seen]
        assert guess == fact, "\n".join([head, *rows])


@pytest.mark.guard
def test_the_table_is_the_given_one(engine, other_connection):
    """All steps work on this table: change the functions and the numbers, not the table."""
    columns = [column[1] for column in other_connection("PRAGMA table_info(cases)")]
    assert columns == ["id", "title", "status"], f"the columns of cases are {columns}"


@pytest.mark.task(1)
def test_an_added_case_is_stored_by_the_commit(exercise, session, other_connection):
    """A case that is not in the table after the commit is lost."""
    exercise.add_case(session, "CASE-001", OLD)
    commit(session)

    rows = other_connection("SELECT id, title, status FROM cases")
    assert rows, "add_case() was called, the caller committed, and the table has no row"
    assert rows == [("CASE-001", OLD, "DRAFT")], f"after the commit the table holds {rows}"


@pytest.mark.task(1)
def test_add_leaves_the_commit_to_the_caller(exercise, session, titles):
    """When add_case() commits, nobody can take the case back if the next step fails."""
    exercise.add_case(session, "CASE-001", OLD)
    exercise.add_case(session, "CASE-002", "Lost letter")

    before = titles()
    commit(session)

    assert not before, f"before the caller committed, others saw {', '.join(before)} already"
    assert len(titles()) == 2, f"2 cases were added and committed; the table has {len(titles())}"


@pytest.mark.task(2)
def test_the_prediction_for_add(exercise, session, titles, observed):
    """Whoever thinks that add() stores a case forgets the commit."""
    exercise.add_case(session, "CASE-001", OLD)
    before = len(titles())
    commit(session)

    seen = {"before commit": before, "after commit": len(titles())}
    compare("SEEN_AFTER_ADD", exercise, seen, "a second connection saw", observed)


@pytest.mark.task(3)
def test_get_returns_the_stored_case(exercise, session, stored, observed):
    """A decision about a case needs what is in the table."""
    stored(("CASE-001", "Lost letter"), ("CASE-002", OLD))

    case = exercise.get_case(session, "CASE-002")

    kind = observed["returned"] = type(case).__name__
    assert case is not None, "CASE-002 is stored, and get_case() returned None"
    assert isinstance(case, exercise.CaseRecord), f"get_case() returned a {kind}, not a CaseRecord"
    assert case.title == OLD, f"the stored title is {OLD!r}; get_case() says {case.title!r}"
    assert case.status == "SUBMITTED", f"the stored status is 'SUBMITTED', not {case.status!r}"
    assert case in session, "the Session does not track this case: a change of it would be lost"


@pytest.mark.task(3)
def test_get_of_an_unknown_id_is_none(exercise, session, stored):
    """A case that is made up on the way looks like a stored one."""
    stored(("CASE-001", OLD))
    assert exercise.get_case(session, "CASE-001"), "CASE-001 is stored; get_case() found nothing"

    case = exercise.get_case(session, "CASE-404")
    assert case is None, f"there is no CASE-404, so None was to come, not {case!r}"


@pytest.mark.task(3)
def test_get_reads_one_row(exercise, session, stored, rows_read, observed):
    """With a million cases, reading all of them to find one takes minutes."""
    stored(*((f"CASE-{number:03}", f"title {number}") for number in range(1, 31)))

    case, rows, sent = rows_read(lambda: exercise.get_case(session, "CASE-007"))

    found = getattr(case, "title", case)
    assert found == "title 7", f"the title of CASE-007 is 'title 7'; get_case() found {found!r}"
    observed["rows_read"] = rows
    if rows != 1:
        pytest.fail(f"get_case() read {rows} rows of the table; 1 is enough\n{sent}")


@pytest.mark.task(4)
def test_the_prediction_for_get(exercise, session, engine, observed):
    """Two requests at the same time have two Sessions, and see different things."""
    exercise.add_case(session, "CASE-001", OLD)
    with Session(engine) as another:
        found = [exercise.get_case(one, "CASE-001") is not None for one in (session, another)]

    seen = {"the same Session": int(found[0]), "another Session": int(found[1])}
    compare("FOUND_BEFORE_COMMIT", exercise, seen, "get_case() found", observed)


@pytest.mark.task(5)
def test_rename_changes_one_title_with_the_commit(exercise, session, stored, other_connection):
    """A title that changes too early, or never, is wrong for whoever reads it."""
    stored(("CASE-001", OLD), ("CASE-002", "Lost letter"))

    exercise.rename_case(session, "CASE-001", NEW)
    before = other_connection("SELECT title FROM cases WHERE id = 'CASE-001'")
    commit(session)

    first, *others = other_connection("SELECT id, title, status FROM cases ORDER BY id")
    assert first[1] == NEW, (
        f"the new title is {NEW!r}; after the commit the table says {first[1]!r}"
    )
    assert before == [(OLD,)], f"before the caller committed, others saw {before[0][0]!r} already"
    assert first == ("CASE-001", NEW, "SUBMITTED"), f"more than the title changed: {first}"
    assert others == [("CASE-002", "Lost letter", "SUBMITTED")], f"other cases changed: {others}"


@pytest.mark.task(5)
def test_rename_reads_one_row(exercise, session, stored, titles, rows_read):
    """With a million cases, reading all of them to change one takes minutes."""
    stored(("CASE-001", OLD), ("CASE-002", "Lost letter"), ("CASE-003", "Open bill"))

    _, rows, sent = rows_read(lambda: exercise.rename_case(session, "CASE-002", NEW))
    commit(session)

    assert titles()["CASE-002"] == NEW, "CASE-002 was renamed and committed, and has its old title"
    if rows > 1:
        pytest.fail(f"rename_case() read {rows} rows of the table; 1 is enough\n{sent}")


@pytest.mark.task(6)
def test_the_prediction_for_rename(exercise, session, stored, titles, observed):
    """Whoever waits for an add() misses that every change of a loaded case is stored."""
    stored(("CASE-001", OLD))
    exercise.rename_case(session, "CASE-001", NEW)
    before = list(titles().values()).count(NEW)
    commit(session)

    seen = {"before commit": before, "after commit": list(titles().values()).count(NEW)}
    compare("SEEN_AFTER_RENAME", exercise, seen, "a second connection saw", observed)


@pytest.mark.task(7)
def test_delete_removes_one_case_with_the_commit(
    exercise, session, stored, other_connection, observed
):
    """Before the commit a wrong deletion can be taken back; after it the case must be gone."""
    stored(("CASE-001", OLD), ("CASE-002", "Lost letter"))

    exercise.delete_case(session, "CASE-001")
    before = other_connection("SELECT id, title, status FROM cases ORDER BY id")
    commit(session)

    left = other_connection("SELECT id, title, status FROM cases ORDER BY id")
    observed["case"] = "untouched" if left == before else "changed"
    ids = [row[0] for row in left]
    assert "CASE-001" not in ids, (
        "delete_case() was called, the caller committed, CASE-001 is there"
    )
    assert len(before) == 2, "before the caller committed, others did not see CASE-001 any more"
    assert ids == ["CASE-002"], f"only CASE-001 was to go; left are {ids}"


@pytest.mark.task(7)
def test_delete_reads_one_row(exercise, session, stored, titles, rows_read):
    """With a million cases, reading all of them to delete one takes minutes."""
    stored(("CASE-001", OLD), ("CASE-002", "Lost letter"), ("CASE-003", "Open bill"))

    _, rows, sent = rows_read(lambda: exercise.delete_case(session, "CASE-002"))
    commit(session)

    assert "CASE-002" not in titles(), "CASE-002 was deleted and committed, and is still there"
    if rows > 1:
        pytest.fail(f"delete_case() read {rows} rows of the table; 1 is enough\n{sent}")


@pytest.mark.task(8)
def test_the_prediction_for_delete(exercise, session, stored, titles, observed):
    """Whoever thinks that a deletion is immediate is surprised by every other reader."""
    stored(("CASE-001", OLD))
    exercise.delete_case(session, "CASE-001")
    before = len(titles())
    commit(session)

    seen = {"before commit": before, "after commit": len(titles())}
    compare("SEEN_AFTER_DELETE", exercise, seen, "a second connection saw", observed)
