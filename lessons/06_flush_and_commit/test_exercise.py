"""Lesson 06: what a flush sends, and who sees it. Refusals come from the database itself."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId, Note

LATE = CaseId("CASE-001")
ANA = Actor("ana")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHELVE = "UPDATE letters SET shelf = 'A-' || NEW.id WHERE id = NEW.id;"
FUNCTION = "CREATE FUNCTION shelve() RETURNS trigger LANGUAGE plpgsql AS "
TRIGGERS = {
    "sqlite": [f"CREATE TRIGGER shelve AFTER INSERT ON letters BEGIN {SHELVE} END"],
    "postgresql": [
        f"{FUNCTION} $$ BEGIN {SHELVE} RETURN NULL; END $$",
        "CREATE TRIGGER shelve AFTER INSERT ON letters FOR EACH ROW EXECUTE FUNCTION shelve()",
    ],
}


@pytest.fixture(autouse=True)
def no_waiting(engine):
    """On SQLite, a lock that nobody releases fails at once, and not after five seconds."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "checkout", lambda dbapi, *_: dbapi.execute("PRAGMA busy_timeout=0"))


@pytest.fixture
def session(engine, session_factory):
    """The Session of a caller, on a database with the case CASE-001."""
    with session_factory.begin() as session:
        session.add(CaseRecord(id="CASE-001", title="Late report", status="DRAFT"))
    with session_factory() as session:
        yield session


@pytest.fixture
def write(exercise, session):
    """Writes a note with the learner's log, in the Session of the caller."""
    log = exercise.SqlNoteLog(session, SqlAlchemyAuditEventRepository(session))
    return lambda text, case_id=LATE: log.add(case_id, Note(text, NOON), ANA)


@pytest.fixture
def stored(other_connection):
    """Counts the stored rows of a table on a second connection."""
    return lambda table: other_connection(f"SELECT count(*) FROM {table}")[0][0]


@pytest.fixture
def events(session_factory):
    """Reads the stored events of CASE-001 in another Session."""

    def read():
        with session_factory() as another:
            return list(SqlAlchemyAuditEventRepository(another).list(LATE))

    return read


@pytest.fixture
def letters(learners, engine, session):
    """The learner's letters.py; the table is there, with the trigger that gives a shelf."""
    module = learners("letters.py")
    module.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for statement in TRIGGERS[engine.dialect.name]:
            connection.exec_driver_sql(statement)
    return module


@pytest.fixture
def letter(letters):
    """Makes a letter that no Session knows yet."""
    return lambda number, case_id="CASE-001": letters.LetterRecord(case_id=case_id, number=number)


def refusal(call, observed):
    """Return what the database raised inside a call, or None when nobody was told."""
    observed["told"] = "something else"
    try:
        call()
    except DBAPIError as error:
        return error
    except (SQLAlchemyError, NotImplementedError):
        raise
    except Exception as error:
        told = f"the database refused the row, and the caller was told {error!r}"
        if not isinstance(error.__cause__ or error.__context__, DBAPIError):
            told = f"your code raised {error!r} before the row was sent"
        raise AssertionError(
            f"{told}: let the database's own error reach the caller, it says which rule was broken"
        ) from error
    observed["told"] = "nobody"
    return None


@pytest.mark.task(1)
def test_the_event_names_the_note(write, session, other_connection, events, observed):
    """An event about a note that cannot be found proves nothing."""
    returned = [write(words) for words in ("called", "called again")]
    session.commit()

    ids = [row[0] for row in other_connection("SELECT id FROM case_notes ORDER BY id")]
    named = [dict(event.details).get("note_id") for event in events()]
    observed["named"] = named[0] if named else "no event"
    observed["returned"] = "the id" if returned == ids else "something else"
    assert len(ids) == 2, f"2 notes were written and committed; {len(ids)} are stored"
    assert named == [str(note_id) for note_id in ids], (
        f"the stored notes have the ids {ids}; the events name {named}"
    )
    assert returned == ids, f"the stored notes have the ids {ids}; add() returned {returned}"


@pytest.mark.task(1)
def test_the_note_is_the_one_that_was_given(write, session, session_factory, events):
    """Who wrote what, and when: a wrong answer is worse than none."""
    write("called the client")
    session.commit()

    with session_factory() as another:
        notes = [(n.text, n.created_at) for n in another.get_one(CaseRecord, "CASE-001").notes]
    assert notes == [("called the client", NOON)], f"the stored notes are {notes}"
    told = [(event.event_type, event.actor) for event in events()]
    assert told == [("note_added", ANA)], f"the stored events are {told}"


@pytest.mark.task(1)
def test_nobody_else_sees_it_before_the_commit(write, session, stored):
    """A note that was stored too early stays, even when its event is refused."""
    assert write("called"), "add() returned no id"
    seen = stored("case_notes"), stored("audit_events")
    assert seen == (0, 0), (
        f"the caller has not committed; a second connection sees {seen[0]} note, {seen[1]} events"
    )
    own = session.connection().exec_driver_sql("SELECT count(*) FROM case_notes").scalar()
    assert own == 1, "the note has an id, and its own transaction does not see its row"

    session.rollback()
    left = stored("case_notes"), stored("audit_events")
    assert left == (0, 0), f"the caller rolled back: {left[0]} note, {left[1]} events are stored"


@pytest.mark.task(1)
def test_a_refused_note_undoes_everything(write, session, stored, observed):
    """A caller who is not told goes on, and reports two notes where there is none."""
    assert write("called"), "add() returned no id"

    error = refusal(lambda: write("called", CaseId("CASE-404")), observed)

    assert error, "there is no CASE-404, and add() said nothing about it"
    session.rollback()
    left = stored("case_notes"), stored("audit_events")
    assert left == (0, 0), (
        f"one note was refused: of the transaction {left[0]} note, {left[1]} events are left"
    )


@pytest.mark.task(1)
def test_the_application_writes_its_notes_here(exercise, session, engine, events):
    """API and command line go through the service: they get what is written here."""
    from case_tracker.adapters.sql.units import SqlUnitsOfWork
    from case_tracker.services.add_note import add_note

    add_note(SqlUnitsOfWork(engine), LATE, "called", Actor("cleo"))

    told = [(event.event_type, event.actor.name) for event in events()]
    assert told == [("note_added", "cleo")], f"the service wrote a note; the events are {told}"


@pytest.mark.task(2)
def test_a_taken_number_is_refused_at_once(letters, letter, session, stored, observed):
    """At the commit nobody knows any more which of forty letters had the wrong number."""
    letters.register(session, letter("L-1"))

    error = refusal(lambda: letters.register(session, letter("L-1")), observed)

    assert error, "the number L-1 is taken, and register() said nothing about it"
    session.rollback()
    assert stored("letters") == 0, "one letter was refused, and the one before it is stored"


@pytest.mark.task(2)
def test_a_letter_of_no_case_is_refused_at_once(letters, letter, session, observed):
    """The database knows all of its rules; a check by hand knows one of them."""
    error = refusal(lambda: letters.register(session, letter("L-2", "CASE-404")), observed)

    assert error, "there is no CASE-404, and register() said nothing about it"


@pytest.mark.task(2)
def test_a_registered_letter_waits_for_the_commit(letters, letter, session, stored):
    """A letter that was stored too early cannot be taken back with the rest."""
    new = letter("L-3")
    letters.register(session, new)
    assert new.id, "register() has returned, and the letter has no id: it was not sent"
    assert new in session, "the row was sent, and no Session knows the letter: it was not staged"
    first = session.connection().exec_driver_sql("SELECT number FROM letters").scalar()
    assert first == "L-3", "register() has returned, and the database has not seen the letter"
    seen = stored("letters")
    assert seen == 0, "the caller has not committed, and a second connection sees the letter"

    session.commit()
    assert stored("letters") == 1, "the letter was registered and committed; it is not stored"


@pytest.mark.task(3)
def test_the_letter_knows_its_shelf(letters, letter, session, recording, observed):
    """A clerk who looks on the wrong shelf reports a letter as lost."""
    sent = [letter("L-1"), letter("L-2")]
    session.add_all(sent)
    session.flush()

    with recording() as sql:
        found = [letters.reread(session, one) for one in sent]

    assert found[0] is sent[0], f"reread() returned {found[0]!r}, and not the letter it was given"
    shelves = [one.shelf for one in found]
    observed["shelf"] = shelves[0]
    rows = session.connection().exec_driver_sql("SELECT shelf FROM letters ORDER BY number")
    stored = [row[0] for row in rows]
    asked = "" if sql.count() else ". No SELECT was sent; get() sends none for a known object"
    assert shelves == stored, f"the table says {stored}; the letters say {shelves}{asked}"


@pytest.mark.task(3)
def test_reading_again_takes_one_select(letters, letter, session, stored, sql):
    """One look at one row must stay one statement, and no commit."""
    one = letter("L-1")
    session.add(one)
    session.flush()
    assert one.shelf == "nowhere yet"

    with sql.exactly(1):
        shelf = letters.reread(session, one).shelf

    assert shelf.startswith("A-"), f"the trigger wrote a shelf; the letter says {shelf!r}"
    assert stored("letters") == 0, "reread() has stored the caller's unfinished work"


@pytest.mark.task(4)
def test_the_prediction(letters, letter, session, stored, observed):
    """Whoever does not know who sees a row finds it too early, or not at all."""
    count = text("SELECT count(*) FROM letters")
    session.add(letter("L-1"))
    seen = {
        "the connection, past the Session": session.connection().execute(count).scalar(),
        "the Session, in SQL text": session.execute(count).scalar(),
        "another connection": stored("letters"),
    }

    assert isinstance(letters.COUNTED, dict), "COUNTED is a dictionary with three keys"
    guesses = {who: letters.COUNTED.get(who, ...) for who in seen}
    for who, guess in guesses.items():
        shown = "still empty" if guess is ... else repr(guess)
        assert guess in (0, 1), f"your prediction for {who!r} is {shown}; put 0 or 1"
    observed["predicted"] = [int(guess) for guess in guesses.values()]
    observed.update(guesses)
    wrong = [
        f"{who} counted {fact}, and you predicted {guesses[who]}"
        for who, fact in seen.items()
        if fact != guesses[who]
    ]
    heading = f"{len(wrong)} of {len(seen)} predictions differ from what was seen:"
    assert not wrong, "\n".join([heading, *wrong])
