"""Lesson 02: the repository. One database file for each test; nothing is mocked."""

import sqlite3
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus
from workbook.lens.budget import assert_budget, folded
from workbook.plain import InPlainWords

LATE = CaseId("CASE-001")
PLAIN_WORDS = {
    "UnmappedInstanceError": "the Session takes records; to_record(case) makes one",
    "'CaseRecord' object is not iterable": "add_all() takes a list of records; add() takes one",
    "NoInspectionAvailable": "first the class, then the key: get(CaseRecord, case_id.value)",
    "binding parameter": "the database needs the text in the CaseId: case_id.value",
    "NoResultFound": "there is no such row (NoResultFound); raise CaseNotFoundError",
    "'NoneType' object has no attribute 'value'": "status can be None; ask before .value",
    "'NoneType' object": "there is no such row (None); raise CaseNotFoundError",
    "'str' object has no attribute 'value'": "a text or record was given, not a CaseId or Case",
    "AttributeError: id": "execute() returns rows, tuples with a record in them; use scalars()",
}


@pytest.fixture
def stored(session_factory):
    """Stores cases past the repository."""
    from case_tracker.adapters.sql.bulk import SqlCaseImport

    def store(*cases):
        with session_factory.begin() as session:
            SqlCaseImport(session).add_all(cases)

    return store


@pytest.fixture
def session(session_factory):
    """The Session that the repository works in."""
    with session_factory() as session:
        yield session


@pytest.fixture
def repository(exercise, session):
    """The learner's repository; what it raises is said in plain words."""
    return InPlainWords(exercise.SqlAlchemyCaseRepository(session), PLAIN_WORDS)


@pytest.fixture
def rows_read(database):
    """Counts the rows that the recorded SELECTs on `cases` brought to Python."""

    def count(sent):
        connection = sqlite3.connect(database)
        selects = [s for s in sent.statements if s.kind == "SELECT" and "cases" in s.tables]
        rows = [len(connection.execute(s.text, s.parameters).fetchall()) for s in selects]
        connection.close()
        return sum(rows)

    return count


def shown(sent):
    """Return the statements as numbered lines, with the lines of code that sent them."""
    return "\n".join(folded(sent.statements))


def many(count, status=CaseStatus.DRAFT):
    """Return cases in an order that is not the order of their ids."""
    numbers = sorted(range(1, count + 1), key=lambda n: (n * 7) % 10)
    return [Case(CaseId(f"CASE-{n:03}"), f"title {n}", status) for n in numbers]


def commit(session):
    """Do what the caller does when all of its changes are complete."""
    try:
        session.commit()
    except IntegrityError as error:
        raise AssertionError(f"the database refused the commit: {error.orig}") from error


def assert_cases(page):
    """Check that list() returned what it promises: cases, and nothing like them."""
    kind = type(page).__name__
    assert isinstance(page, Sequence), f"list() returned a {kind}, not a list of cases"
    others = {type(item).__name__ for item in page if not isinstance(item, Case)}
    assert not others, f"list() returned {', '.join(others)}, not Case; to_domain() makes a Case"


def assert_refused(method, argument, case_id, observed):
    """Check that a method says CaseNotFoundError about an id that no stored case has."""
    expected = (
        f"no case has the id {case_id.value}: {method.__name__}() must raise CaseNotFoundError"
    )
    try:
        returned = method(argument)
    except CaseNotFoundError as error:
        assert error.case_id == case_id, f"CaseNotFoundError names {error.case_id}, not {case_id}"
    except (AssertionError, NotImplementedError):
        raise
    except Exception as error:
        raise AssertionError(f"{expected}, and raised {type(error).__name__}") from error
    else:
        observed["returned"] = repr(returned)
        found = returned.id.value if isinstance(returned, Case) else repr(returned)
        pytest.fail(f"{expected}, and returned {found}")


@pytest.mark.guard
def test_a_repository_works_in_the_session_it_is_given(exercise, session):
    """A repository that opens its own Session has a transaction of its own, too."""
    assert exercise.SqlAlchemyCaseRepository(session)._session is session


@pytest.mark.task(1)
def test_add_waits_for_the_commit(repository, session, other_connection):
    """When add() commits, a request that fails later has already stored half of its work."""
    repository.add(Case(LATE, "Late report"))

    rows = other_connection("SELECT id FROM cases")
    assert rows == [], f"a second connection sees {rows} before anybody called commit()"

    commit(session)
    rows = other_connection("SELECT id FROM cases")
    assert rows == [("CASE-001",)], f"after commit() a second connection sees {rows}"


@pytest.mark.task(1)
def test_add_takes_the_notes_along(repository, session, other_connection):
    """A case without its notes is not the case that the client sent."""
    repository.add(Case(LATE, "Late report", notes=[Note("called"), Note("wrote")]))

    assert session.in_transaction(), "add() ended the transaction that belongs to the caller"
    commit(session)
    notes = other_connection("SELECT case_id, text FROM case_notes ORDER BY id")
    assert notes == [("CASE-001", "called"), ("CASE-001", "wrote")], f"stored are the notes {notes}"


@pytest.mark.task(1)
def test_add_of_a_taken_id_is_refused(repository, session, stored, other_connection, observed):
    """A new case that overwrites another one, or that is dropped, is missed when it is too late."""
    stored(Case(LATE, "Late report"))
    repository.add(Case(CaseId("CASE-002"), "Open bill"))
    commit(session)

    refused = False
    try:
        repository.add(Case(LATE, "Lost letter"))
        session.commit()
    except Exception:  # noqa: BLE001 - how it is refused is up to the repository
        refused = True
        session.rollback()

    titles = dict(other_connection("SELECT id, title FROM cases"))
    observed["the_first_one"] = "kept" if titles["CASE-001"] == "Late report" else "overwritten"
    assert titles["CASE-001"] == "Late report", (
        f"a second CASE-001 was added, and the first one has the title {titles['CASE-001']!r} now\n"
        "a new case is a new row: Session.add() inserts it, Session.merge() may overwrite one"
    )
    assert "CASE-002" in titles, "a second CASE-001 was added, and the committed CASE-002 is gone"
    assert refused, "a second CASE-001 was added and committed, and no error says that it is lost"


@pytest.mark.task(2)
def test_get_returns_the_whole_case(repository, stored, observed):
    """Whoever decides about a case needs all of it."""
    case = Case(LATE, "Late report", CaseStatus.SUBMITTED, [Note("called"), Note("wrote")])
    stored(case)

    loaded = repository.get(LATE)

    observed["returned"] = type(loaded).__name__
    assert type(loaded) is Case, f"get() returned a {type(loaded).__name__}, not a Case"
    assert loaded == case, f"stored was {case}, get() returned {loaded}"


@pytest.mark.task(2)
def test_get_of_an_unknown_id_is_refused(repository, observed):
    """None would travel on, and break something far from here."""
    unknown = CaseId("CASE-404")
    assert_refused(repository.get, unknown, unknown, observed)


@pytest.mark.task(2)
def test_get_takes_the_id_as_it_is(repository, stored, observed):
    """Whoever asks for one case must not be shown another one with a similar id."""
    stored(Case(LATE, "Late report"))
    assert repository.get(LATE).id == LATE, "CASE-001 is stored, and get() returned another case"

    for similar in (CaseId("CASE_001"), CaseId("case-001"), CaseId("CASE-00")):
        assert_refused(repository.get, similar, similar, observed)


@pytest.mark.task(2)
def test_a_broken_database_is_no_missing_case(repository, session, stored, other_connection):
    """A client who reads "no such case" opens it again, while nobody repairs the database."""
    stored(Case(LATE, "Late report"))
    assert repository.get(LATE).title == "Late report"
    session.rollback()

    other_connection("ALTER TABLE cases RENAME TO elsewhere")
    try:
        returned = repository.get(LATE)
    except CaseNotFoundError as error:
        said = "the table was gone, and get() raised CaseNotFoundError: it hides what happened"
        raise AssertionError(said) from error
    except Exception:  # noqa: BLE001 - whatever says that the database is broken
        return
    pytest.fail(f"the table was gone, and get() returned {returned!r}")


@pytest.mark.task(2)
def test_get_takes_two_selects_at_most(repository, stored, recording, rows_read, observed):
    """A lookup by primary key costs the same with thirty cases and with a million."""
    stored(*many(30))

    with recording() as sent:
        repository.get(LATE)

    rows = observed["rows_read"] = rows_read(sent)
    assert_budget(sent, at_most=2, what="get()")
    if rows > 1:
        pytest.fail(f"get() read {rows} rows of cases to return one\n{shown(sent)}")


@pytest.mark.task(3)
def test_pages_are_ordered_by_id(repository, stored, recording, rows_read, observed):
    """A reader who turns the page sees every case once."""
    cases = many(10)
    stored(*cases)

    with recording() as sent:
        pages = [repository.list(limit=4, offset=offset) for offset in (0, 4, 8)]

    for page in pages:
        assert_cases(page)
    observed["cut_by"] = "the database" if rows_read(sent) <= 10 else "Python"
    ids = [case.id for page in pages for case in page]
    observed["order"] = "as inserted" if ids == [case.id for case in cases] else "another"
    sizes = [len(page) for page in pages]
    assert sizes == [4, 4, 2], (
        f"the pages hold {sizes} cases, not [4, 4, 2]\n"
        "limit() and offset() return a new Select; keep it: query = query.limit(limit)"
    )
    assert ids == sorted(ids), f"the pages are in this order: {', '.join(i.value for i in ids)}"


@pytest.mark.task(3)
def test_a_page_of_a_status_is_full(repository, stored, observed):
    """A reader of closed cases must see all of them, and no others."""
    stored(*many(10))
    for number in (11, 12, 13):
        stored(Case(CaseId(f"CASE-{number:03}"), "closed", CaseStatus.CLOSED, [Note("done")]))

    page = repository.list(CaseStatus.CLOSED, limit=2, offset=1)

    assert_cases(page)
    mixed = any(case.status != CaseStatus.CLOSED for case in page)
    observed["page"] = "mixed" if mixed else "short" if len(page) < 2 else "full"
    ids = [case.id.value for case in page]
    assert not mixed, f"list(CLOSED) returned cases of another status, too: {ids}"
    assert ids == ["CASE-012", "CASE-013"], f"cases 2 and 3 of the closed ones are {ids}"
    assert [note.text for note in page[0].notes] == ["done"], "the notes of a listed case are lost"


@pytest.mark.task(3)
def test_list_reads_only_the_page(repository, stored, recording, rows_read):
    """Loading a million rows to show ten takes minutes, and the memory of the server."""
    stored(*many(30))

    for status in (None, CaseStatus.DRAFT):
        with recording() as sent:
            page = repository.list(status, limit=3, offset=5)

        rows = rows_read(sent)
        assert len(page) == 3, f"list({status}, limit=3) returned {len(page)} cases"
        assert rows <= 3, f"list({status}, limit=3) read {rows} rows; let the database cut the page"


@pytest.mark.task(4)
def test_save_stores_what_changed(repository, session, stored, other_connection):
    """A change that is not carried over to the record is lost without a word."""
    stored(Case(LATE, "Late report", notes=[Note("called")]))

    case = Case(LATE, "Very late report", CaseStatus.SUBMITTED, [Note("called"), Note("wrote")])
    repository.save(case)
    seen = other_connection("SELECT title FROM cases")
    commit(session)

    assert seen == [("Late report",)], "save() stored the change before anybody called commit()"
    row = other_connection("SELECT title, status FROM cases")
    assert row != [("Late report", "DRAFT")], (
        "after save() and commit() the row is what it was before\n"
        "only a record that the Session tracks is stored; self.get() returns a Case, no record"
    )
    assert row == [("Very late report", "SUBMITTED")], f"after save() and commit() the row is {row}"
    notes = other_connection("SELECT text FROM case_notes ORDER BY id")
    assert notes == [("called",), ("wrote",)], f"after save() and commit() the notes are {notes}"


@pytest.mark.task(4)
def test_save_stores_the_same_text_twice(repository, session, stored, other_connection):
    """Two calls on two days are two notes, even if both say the same."""
    stored(Case(LATE, "Late report", notes=[Note("called")]))

    repository.save(Case(LATE, "Late report", notes=[Note("called"), Note("called")]))
    commit(session)

    notes = other_connection("SELECT text FROM case_notes")
    assert len(notes) == 2, f"the case has the note 'called' twice; stored is {notes}"


@pytest.mark.task(4)
def test_save_keeps_the_stored_notes(repository, session, stored, other_connection, observed):
    """Deleting and writing all notes again costs more with every note."""
    other = Case(CaseId("CASE-002"), "Lost letter", notes=[Note("found")])
    stored(Case(LATE, "Late report", notes=[Note("called"), Note("wrote")]), other)
    of_the_case = "SELECT id FROM case_notes WHERE case_id = 'CASE-001' ORDER BY id"
    before = [row[0] for row in other_connection(of_the_case)]

    notes = [Note("called"), Note("wrote"), Note("visited")]
    repository.save(Case(LATE, "Late report", notes=notes))
    commit(session)

    after = [row[0] for row in other_connection(of_the_case)]
    kept = after[:2] == before and len(after) == 3
    observed["old_notes"] = "kept" if kept else "written again"
    assert kept, f"the notes had the ids {before}; after one more note they are {after}"


@pytest.mark.task(4)
def test_save_of_an_unknown_id_is_refused(repository, stored, observed):
    """save() that inserts hides the mistake of whoever deleted the case."""
    stored(Case(LATE, "Late report"))

    for unknown in (CaseId("CASE-404"), CaseId("CASE_001")):
        assert_refused(repository.save, Case(unknown, "Never stored"), unknown, observed)


@pytest.mark.task(5)
def test_count_counts_all_cases(repository, stored):
    """A total that stops at the size of a page is wrong on every large database."""
    stored(*many(120), Case(CaseId("CLOSED-1"), "closed", CaseStatus.CLOSED))

    everything, closed = repository.count(), repository.count(CaseStatus.CLOSED)

    kind = type(everything).__name__
    assert isinstance(everything, int), f"count() returned a {kind}, not a number"
    assert everything == 121, f"there are 121 cases; count() says {everything}"
    assert closed != 121, (
        "there is 1 closed case; count(CLOSED) says 121, which is all of them\n"
        "where() returns a new Select; keep it: query = query.where(...)"
    )
    assert closed == 1, f"there is 1 closed case; count(CLOSED) says {closed}"
    assert repository.count(CaseStatus.APPROVED) == 0, "there is no approved case"


@pytest.mark.task(6)
def test_count_reads_one_row(repository, stored, recording, rows_read, observed):
    """A dashboard that counts by loading stops the whole application."""
    stored(*many(30))

    for status in (None, CaseStatus.DRAFT):
        with recording() as sent:
            total = repository.count(status)

        assert total == 30, f"there are 30 cases, all in DRAFT; count({status}) says {total}"
        rows = rows_read(sent)
        observed["counted_in"] = "Python" if rows > 1 else "the database"
        if rows > 1:
            pytest.fail(f"count({status}) read {rows} rows to return one number\n{shown(sent)}")
        assert_budget(sent, at_most=1, what=f"count({status})")
