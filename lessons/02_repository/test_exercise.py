"""Lesson 02: the repository. One database file for each test; nothing is mocked."""

import sqlite3

import pytest

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus

LATE = CaseId("CASE-001")


@pytest.fixture
def stored(session_factory):
    """Stores cases past the repository."""
    from case_tracker.adapters.sql.mapping import to_record

    def store(*cases):
        with session_factory.begin() as session:
            for case in cases:
                session.add(to_record(case))
                session.flush()

    return store


@pytest.fixture
def session(session_factory):
    """The Session that the repository works in."""
    with session_factory() as session:
        yield session


@pytest.fixture
def repository(exercise, session):
    """The learner's repository."""
    return exercise.SqlAlchemyCaseRepository(session)


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


def many(count, status=CaseStatus.DRAFT):
    """Return cases in an order that is not the order of their ids."""
    numbers = sorted(range(1, count + 1), key=lambda n: (n * 7) % 10)
    return [Case(CaseId(f"CASE-{n:03}"), f"title {n}", status) for n in numbers]


@pytest.mark.guard
def test_a_repository_works_in_the_session_it_is_given(repository, session):
    """A repository that opens its own Session has a transaction of its own, too."""
    assert repository._session is session


@pytest.mark.task(1)
def test_add_waits_for_the_commit(repository, session, other_connection):
    """When add() commits, a request that fails later has already stored half of its work."""
    repository.add(Case(LATE, "Late report"))

    rows = other_connection("SELECT id FROM cases")
    assert rows == [], f"a second connection sees {rows} before anybody called commit()"

    session.commit()
    rows = other_connection("SELECT id FROM cases")
    assert rows == [("CASE-001",)], f"after commit() a second connection sees {rows}"


@pytest.mark.task(1)
def test_add_takes_the_notes_along(repository, session, other_connection):
    """A case without its notes is not the case that the client sent."""
    repository.add(Case(LATE, "Late report", notes=[Note("called"), Note("wrote")]))

    assert session.in_transaction(), "add() ended the transaction that belongs to the caller"
    session.commit()
    notes = other_connection("SELECT case_id, text FROM case_notes ORDER BY id")
    assert notes == [("CASE-001", "called"), ("CASE-001", "wrote")]


@pytest.mark.task(2)
def test_get_returns_the_whole_case(repository, stored):
    """Whoever decides about a case needs all of it."""
    case = Case(LATE, "Late report", CaseStatus.SUBMITTED, [Note("called"), Note("wrote")])
    stored(case)

    loaded = repository.get(LATE)

    assert type(loaded) is Case, f"get() returned a {type(loaded).__name__}, not a Case"
    assert loaded == case, f"stored was {case}, get() returned {loaded}"


@pytest.mark.task(2)
def test_get_of_an_unknown_id_is_refused(repository, observed):
    """None would travel on, and break something far from here."""
    try:
        returned = repository.get(CaseId("CASE-404"))
    except CaseNotFoundError as error:
        assert error.case_id == CaseId("CASE-404"), f"the error names {error.case_id}"
    else:
        observed["returned"] = repr(returned)
        pytest.fail(f"get() of an unknown id returned {returned!r}; raise CaseNotFoundError")


@pytest.mark.task(2)
def test_get_takes_two_selects_at_most(repository, stored, recording, rows_read, observed):
    """A lookup by primary key costs the same with thirty cases and with a million."""
    stored(*many(30))

    with recording() as sent:
        repository.get(LATE)

    rows = observed["rows_read"] = rows_read(sent)
    assert sent.count() <= 2, f"get() took {sent.count()} statements; 2 are enough"
    assert rows <= 1, f"get() read {rows} rows of cases to return one"


@pytest.mark.task(3)
def test_pages_are_ordered_by_id(repository, stored, recording, rows_read, observed):
    """A reader who turns the page sees every case once."""
    cases = many(10)
    stored(*cases)

    with recording() as sent:
        pages = [repository.list(limit=4, offset=offset) for offset in (0, 4, 8)]

    observed["cut_by"] = "the database" if rows_read(sent) <= 10 else "Python"
    ids = [case.id for page in pages for case in page]
    observed["order"] = "as inserted" if ids == [case.id for case in cases] else "another"
    assert ids == sorted(ids), f"the pages are in this order: {', '.join(i.value for i in ids)}"
    assert len(ids) == 10, f"three pages of 4, 4 and 2 hold {len(ids)} cases"


@pytest.mark.task(3)
def test_a_page_of_a_status_is_full(repository, stored, observed):
    """A page that is half empty hides cases that are there."""
    stored(*many(10))
    for number in (11, 12, 13):
        stored(Case(CaseId(f"CASE-{number:03}"), "closed", CaseStatus.CLOSED, [Note("done")]))

    page = repository.list(CaseStatus.CLOSED, limit=2, offset=1)

    observed["page"] = "short" if len(page) < 2 else "full"
    ids = [case.id.value for case in page]
    assert ids == ["CASE-012", "CASE-013"], f"cases 2 and 3 of the closed ones are {ids}"
    assert [note.text for note in page[0].notes] == ["done"], "the notes of a listed case are lost"


@pytest.mark.task(3)
def test_list_reads_only_the_page(repository, stored, recording, rows_read):
    """Loading a million rows to show ten takes minutes, and the memory of the server."""
    stored(*many(30))

    with recording() as sent:
        page = repository.list(limit=3, offset=5)

    rows = rows_read(sent)
    assert len(page) == 3, f"list(limit=3) returned {len(page)} cases"
    assert rows <= 3, f"list(limit=3) read {rows} rows of cases; let the database cut the page"


@pytest.mark.task(4)
def test_save_stores_what_changed(repository, session, stored, other_connection):
    """A change that is not carried over to the record is lost without a word."""
    stored(Case(LATE, "Late report", notes=[Note("called")]))

    case = Case(LATE, "Very late report", CaseStatus.SUBMITTED, [Note("called"), Note("wrote")])
    repository.save(case)
    seen = other_connection("SELECT title FROM cases")
    session.commit()

    assert seen == [("Late report",)], "save() stored the change before anybody called commit()"
    row = other_connection("SELECT title, status FROM cases")
    assert row == [("Very late report", "SUBMITTED")], f"after save() and commit() the row is {row}"
    notes = other_connection("SELECT text FROM case_notes ORDER BY id")
    assert notes == [("called",), ("wrote",)], f"after save() and commit() the notes are {notes}"


@pytest.mark.task(4)
def test_save_keeps_the_notes_that_stand(repository, session, stored, other_connection, observed):
    """Deleting and writing all notes again costs more with every note."""
    stored(Case(LATE, "Late report", notes=[Note("called"), Note("wrote")]))
    before = other_connection("SELECT id FROM case_notes ORDER BY id")

    notes = [Note("called"), Note("wrote"), Note("visited")]
    repository.save(Case(LATE, "Late report", notes=notes))
    session.commit()

    after = other_connection("SELECT id FROM case_notes ORDER BY id")
    kept = after[:2] == before and len(after) == 3
    observed["old_notes"] = "kept" if kept else "written again"
    assert kept, f"the notes had the ids {before}; after one more note they are {after}"


@pytest.mark.task(4)
def test_save_of_an_unknown_id_is_refused(repository):
    """save() that inserts hides the mistake of whoever deleted the case."""
    with pytest.raises(CaseNotFoundError, match="CASE-404"):
        repository.save(Case(CaseId("CASE-404"), "Never stored"))


@pytest.mark.task(5)
def test_count_counts_all_cases(repository, stored):
    """A total that stops at the size of a page is wrong on every large database."""
    stored(*many(120), Case(CaseId("CLOSED-1"), "closed", CaseStatus.CLOSED))

    everything, closed = repository.count(), repository.count(CaseStatus.CLOSED)

    assert everything == 121, f"there are 121 cases; count() says {everything}"
    assert closed == 1, f"there is 1 closed case; count(CLOSED) says {closed}"
    assert repository.count(CaseStatus.APPROVED) == 0, "there is no approved case"


@pytest.mark.task(6)
def test_count_reads_one_row(repository, stored, recording, rows_read, observed):
    """A dashboard that counts by loading stops the whole application."""
    stored(*many(30))

    with recording() as sent:
        total = repository.count()

    assert total == 30, f"there are 30 cases; count() says {total}"
    rows = rows_read(sent)
    observed["counted_in"] = "Python" if rows > 1 else "the database"
    assert rows <= 1, f"count() read {rows} rows to return one number"
    assert sent.count() == 1, f"count() took {sent.count()} statements; 1 is enough"
