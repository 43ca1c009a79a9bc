"""Lesson 07: what a Session remembers. The other person is a second Session that commits."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus

LATE = CaseId("CASE-001")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def session(session_factory):
    """The Session of a request. CASE-001 is stored, with the title "old" and two notes."""
    with session_factory.begin() as session:
        notes = [CaseNoteRecord(text=text, created_at=NOON) for text in ("called", "wrote")]
        session.add(CaseRecord(id="CASE-001", title="old", status="SUBMITTED", notes=notes))
        session.add(CaseRecord(id="CASE-002", title="another", status="DRAFT"))
    with session_factory() as session:
        yield session


@pytest.fixture
def loaded(session):
    """CASE-001 with its notes as this Session has loaded it; its transaction has ended since."""
    record = session.get_one(CaseRecord, "CASE-001")
    assert len(record.notes) == 2
    session.commit()
    return record


@pytest.fixture
def overtaken(loaded, session_factory):
    """The same record; meanwhile another request has committed the title "new" and a third note."""
    with session_factory.begin() as another:
        record = another.get_one(CaseRecord, "CASE-001")
        record.title, record.version = "new", record.version + 1  # as the application saves
        record.notes.append(CaseNoteRecord(text="called again", created_at=NOON))
    return loaded


def compare(name, exercise, seen, allowed, observed):
    """Compare a prediction with what was really seen."""
    predicted = getattr(exercise, name)
    assert isinstance(predicted, dict), f"{name} is a dictionary with {len(seen)} keys"
    for key in seen:
        guess = predicted.get(key, ...)
        assert guess in allowed, (
            f"your prediction for {key!r} is {'still empty' if guess is ... else repr(guess)}; "
            f"put {' or '.join(map(repr, allowed))}"
        )
    observed["predicted"] = [predicted[key] for key in seen]
    observed.update((key, predicted[key]) for key in seen)
    wrong = [
        f"{key}: {fact!r}, and you predicted {predicted[key]!r}"
        for key, fact in seen.items()
        if fact != predicted[key]
    ]
    heading = f"{len(wrong)} of {len(seen)} predictions differ from what was seen:"
    assert not wrong, "\n".join([heading, *wrong])


@pytest.mark.task(1)
def test_the_prediction_of_objects(exercise, session, session_factory, observed):
    """Whoever expects two objects for one row is surprised by a change from elsewhere."""
    first = session.get(CaseRecord, "CASE-001")
    query = select(CaseRecord).where(CaseRecord.title == "old")
    with session_factory() as another:
        seen = {
            "get() and get() again": session.get(CaseRecord, "CASE-001") is first,
            "get() and a SELECT": session.scalars(query).one() is first,
            "get() in two Sessions": another.get(CaseRecord, "CASE-001") is first,
        }

    compare("SAME_OBJECT", exercise, seen, (True, False), observed)


@pytest.mark.task(2)
def test_the_prediction_of_titles(exercise, session, overtaken, observed):
    """A decision by an old title is a wrong decision, and nothing in the code looks wrong."""
    query = select(CaseRecord).where(CaseRecord.id == "CASE-001")
    title = select(CaseRecord.title).where(CaseRecord.id == "CASE-001")
    seen = {
        "get() again": session.get_one(CaseRecord, "CASE-001").title,
        "a SELECT of the case": session.scalars(query).one().title,
        "a SELECT of its title": session.scalars(title).one(),
    }
    session.expire(overtaken)
    seen["a look after expire()"] = overtaken.title

    compare("TITLE_SHOWN", exercise, seen, ("old", "new"), observed)


@pytest.mark.task(3)
def test_the_prediction_of_statements(exercise, session, loaded, recording, observed):
    """One look that sends a SELECT is cheap; in a loop over a page it is the whole answer time."""

    def sent(act):
        with recording() as statements:
            act()
        return statements.count()

    seen = {
        "expire()": sent(lambda: session.expire(loaded)),
        "the first look after expire()": sent(lambda: loaded.title),
        "the second look after expire()": sent(lambda: loaded.title),
        "refresh()": sent(lambda: session.refresh(loaded, ["title"])),
    }
    with Session(session.get_bind()) as plain:
        record = plain.get_one(CaseRecord, "CASE-001")
        plain.commit()
        seen["the first look after commit()"] = sent(lambda: record.title)

    compare("SENT", exercise, seen, (0, 1), observed)


@pytest.mark.task(4)
def test_a_case_is_plain_python(exercise, session, observed):
    """What leaves the boundary is used where no Session is open: in a template, in a queue."""
    case = exercise.to_case(session.get_one(CaseRecord, "CASE-001"))
    session.close()

    try:
        notes = case.notes
    except DetachedInstanceError as error:
        raise AssertionError(
            f"the Session is closed, and case.notes needs it: to_case() returned a "
            f"{type(case).__name__}, which loads its notes when somebody asks"
        ) from error
    assert isinstance(case, Case), f"to_case() returned a {type(case).__name__}, not a Case"
    listed = [type(note).__name__ for note in notes] if isinstance(notes, list) else ["no list"]
    observed["notes"] = listed[0] if listed else "no notes"
    observed["status"] = type(case.status).__name__
    assert isinstance(notes, list), f"case.notes is a {type(notes).__name__}, not a list"
    assert listed == ["Note", "Note"], f"2 notes are stored; the case has {listed}"
    assert isinstance(case.status, CaseStatus), f"case.status is {case.status!r}, a text"
    expected = Case(LATE, "old", CaseStatus.SUBMITTED, [Note("called", NOON), Note("wrote", NOON)])
    assert case.id == LATE, f"case.id is {case.id!r}; expected {LATE!r}"
    assert (case.title, case.status) == (expected.title, expected.status)
    assert notes == expected.notes, f"the notes are {[n.text for n in notes]}"
    assert [n.written_at for n in notes] == [NOON, NOON], "a note has lost its time"


@pytest.mark.task(4)
def test_changing_a_case_changes_no_record(exercise, session, other_connection):
    """A case that somebody changes in order to compare must not change the table."""
    record = session.get_one(CaseRecord, "CASE-001")
    case = exercise.to_case(record)
    assert isinstance(case, Case), f"to_case() returned a {type(case).__name__}, not a Case"

    case.title = "only an idea"
    case.notes.clear()
    session.commit()

    rows = other_connection("SELECT title FROM cases ORDER BY id")
    assert rows[0] == ("old",), f"a Case was changed, and the table says {rows[0][0]!r}"
    notes = other_connection("SELECT count(*) FROM case_notes")[0][0]
    assert notes == 2, f"the list of a Case was emptied, and the table has {notes} notes"


@pytest.fixture
def locking(engine):
    """The SELECTs as PostgreSQL would get them, those that lock a row."""
    found = []

    def look(_connection, statement, *_):
        text = str(statement.compile(dialect=postgresql.dialect()))
        if "FOR UPDATE" in text or "FOR NO KEY UPDATE" in text:
            found.append(text)

    event.listen(engine, "before_execute", look)
    return found


@pytest.mark.task(5)
def test_the_case_is_as_it_is_now(exercise, session, overtaken, locking, observed):
    """A lock around old values protects a wrong decision."""
    case = exercise.get_for_update(session, LATE)

    observed.update(title=case.title, locked=bool(locking))
    assert case.title == "new", (
        f"the Session had loaded the case before; the row now says 'new', the case {case.title!r}"
    )
    texts = [note.text for note in case.notes]
    assert texts == ["called", "wrote", "called again"], f"the notes are {texts}: one is missing"
    assert overtaken.title == "new", "the case is new, and the record in the Session is still old"


@pytest.mark.task(5)
def test_the_row_is_locked(exercise, session, overtaken, locking, observed):
    """Two people who read, decide and write at the same time: one decision is lost."""
    assert overtaken.title == "old"
    engine, ends = session.get_bind(), []
    for word in ("commit", "rollback"):
        event.listen(engine, word, lambda _, word=word: ends.append(word))
    case = exercise.get_for_update(session, LATE)

    observed.update(title=case.title, locked=bool(locking))
    assert locking, "no SELECT of get_for_update() locks: on PostgreSQL others could write now"
    assert not ends, f"a {ends[0]} has ended the transaction, and the lock with it"
    assert session.in_transaction(), "the transaction has ended, and its lock with it"
    if engine.dialect.name == "postgresql":
        ask = "SELECT id FROM cases WHERE id = 'CASE-00{}' FOR SHARE NOWAIT"
        with engine.connect() as another, pytest.raises(DBAPIError, match="lock"):
            another.exec_driver_sql(ask.format(1))
        with engine.connect() as another:
            assert another.exec_driver_sql(ask.format(2)).all(), "CASE-002 is locked as well"


@pytest.mark.task(5)
def test_what_is_locked_is_what_is_read(exercise, session, overtaken, locking, observed):
    """A lock may have waited for another writer: what was read before it is old again."""
    saved = []

    def save(connection, *_):
        if locking and not saved:
            saved.append("UPDATE cases SET title = 'newest', version = version + 1")
            connection.exec_driver_sql(saved[0])

    assert overtaken.title == "old"
    event.listen(session.get_bind(), "before_execute", save)
    case = exercise.get_for_update(session, LATE)

    assert locking, "no SELECT of get_for_update() locks a row"
    observed["read"] = "before the lock" if case.title == "new" else "later, or never"
    assert case.title == "newest", (
        f"while the lock waited, 'newest' was stored; the case was read as {case.title!r}"
    )


@pytest.mark.task(5)
def test_a_change_that_was_not_sent_is_kept(exercise, session, loaded, observed):
    """Whoever sets a title and then locks the case must not lose the title."""
    loaded.title = "mine"

    case = exercise.get_for_update(session, LATE)

    observed["title"] = case.title
    assert case.title == "mine", (
        f"the title was set to 'mine' before the lock, and the case has {case.title!r}: it is lost"
    )


@pytest.mark.task(5)
def test_a_case_that_was_not_loaded_before(exercise, session, locking):
    """Most of the time the Session knows nothing yet."""
    read = []
    event.listen(session, "loaded_as_persistent", lambda _, one: read.append(one))

    case = exercise.get_for_update(session, LATE)

    assert (case.id, case.title, len(case.notes)) == (LATE, "old", 2), f"the case is {case}"
    assert locking, "no SELECT of get_for_update() locks a row"
    ids = {one.id for one in read if isinstance(one, CaseRecord)}
    assert ids <= {"CASE-001"}, f"only CASE-001 was asked for; read were {', '.join(sorted(ids))}"


@pytest.mark.task(5)
def test_an_unknown_case_is_refused(exercise, session):
    """None would travel on, and break something far from here."""
    assert exercise.get_for_update(session, LATE).title == "old"
    try:
        found = exercise.get_for_update(session, CaseId("CASE-404"))
    except CaseNotFoundError:
        return
    except NoResultFound:
        pytest.fail("expected CaseNotFoundError; one() and get_one() raise an error of their own")
    pytest.fail(f"there is no CASE-404: expected CaseNotFoundError, and {found!r} came back")
