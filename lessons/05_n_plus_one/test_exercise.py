"""Lesson 05: one query for a page, not one for each row. Counted on a real SQLite file."""

from pathlib import Path

import pytest
from sqlalchemy import Select, select
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.orm import relationship, selectinload

import case_tracker
from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.bulk import SqlCaseImport
from case_tracker.adapters.sql.mapping import to_domain
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.case import Case, CaseId, Note
from workbook.lens.budget import folded, over_budget
from workbook.lens.recorder import Recorder

OURS = (str(Path(case_tracker.__file__).parent), str(Path(__file__).parent))

# One day somebody gives the record a second relationship. Here it has one already.
CaseRecord.history = relationship(AuditEventRecord, viewonly=True)


@pytest.fixture
def stored(session_factory):
    """Stores this many cases, with 0 to 3 notes each, and returns them ordered by id."""

    def store(count):
        cases = [
            Case(CaseId(f"CASE-{n:04}"), "Late report", notes=[Note(f"{k}") for k in range(n % 4)])
            for n in range(1, count + 1)
        ]
        with session_factory.begin() as session:
            SqlCaseImport(session).add_all(cases)
        return cases

    return store


@pytest.fixture
def recorder(recording):
    """Makes recorders that show the lines of the app and of this file."""
    return lambda: recording(lambda path: path.startswith(OURS))


@pytest.fixture
def listed(session_factory, recorder, observed):
    """Lists cases as SqlAlchemyCaseRepository does; returns them and what was sent."""

    def read(query):
        with session_factory() as session, recorder() as sent:
            try:
                records = session.scalars(query).all()
            except InvalidRequestError as error:
                observed["refused"] = "a JOIN" if "unique()" in str(error) else "something else"
                pytest.fail(refusal(error))
            early = [one for one in sent.statements if one.cause == "lazy load"]
            observed["notes"] = "one by one, untouched" if early else "when touched"
            try:
                return [to_domain(record) for record in records], sent
            except InvalidRequestError as error:
                pytest.fail(refusal(error))

    return read


@pytest.fixture
def with_notes(exercise, observed):
    """A query as the learner's function returns it, ready to run."""
    return lambda query: applied(exercise, "with_notes", query, observed)


@pytest.fixture
def sealed(exercise, observed):
    """A query that the learner's function has locked."""
    return lambda query: applied(exercise, "sealed", query, observed)


def page(query, limit):
    """Return the query for a first page, as the repository builds it."""
    return query.order_by(CaseRecord.id).limit(limit).offset(0)


def refusal(error):
    """Say why SQLAlchemy did not run the query, or did not load what was touched."""
    if "unique()" in str(error):
        return (
            "session.scalars(query) was refused: a JOIN repeats each case\n"
            "It comes once for each note, and the repository never calls unique()."
        )
    return f"reading the cases and their notes raised an error: {error}"


def applied(exercise, name, query, observed):
    """Call the learner's function, and note whether its loader options are in the result."""
    function, real, asked = getattr(exercise, name), Select.options, []

    def options(self, *chosen):
        asked.extend(chosen)
        return real(self, *chosen).execution_options(options_kept=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Select, "options", options)
        try:
            result = function(query)
        except (AssertionError, TypeError, SQLAlchemyError) as error:
            pytest.fail(unusable(name, error))
    assert isinstance(result, Select), f"{name}() returned {type(result).__name__}, not a Select"
    kept = result.get_execution_options().get("options_kept", False)
    observed["options"] = "none" if not asked else "kept" if kept else "thrown away"
    return function(query)


def unusable(name, error):
    """Say which option SQLAlchemy did not accept."""
    if isinstance(error, AssertionError):
        return (
            f"an option in {name}() does not say which relationships it is for\n"
            'Put CaseRecord.notes between its brackets, or "*" for every relationship.'
        )
    return f"{name}() made no query: {str(error).partition(' (Background')[0]}"


def shown(ids):
    """Return how many ids there are, and the first five."""
    return f"{len(ids)}: {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}" if ids else "none"


def within_budget(sent, at_most, what, advice=""):
    """Fail when more statements were sent; say what a reader of the list cannot know."""
    message = over_budget(sent, at_most=at_most, what=what)
    if message and any("audit_events" in one.tables for one in sent.statements):
        message += (
            "\naudit_events is behind record.history, which this test file adds; name the notes."
        )
    if message:
        pytest.fail(f"{message}\n{advice}".rstrip())


def plural(number, noun="case"):
    """Return `1 case`, `10 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def compare(exercise, stored, listed, observed, sizes):
    """Compare the learner's numbers with measurements; show only those that are wrong."""
    stored(max(sizes))
    predicted = {size: exercise.lazy_statements(size) for size in sizes}
    measured = {size: listed(page(select(CaseRecord), size))[1] for size in sizes}

    observed["predicted"] = list(predicted.values())
    wrong = [size for size in sizes if predicted[size] != measured[size].count()]
    lines = [
        f"{plural(n)} took {plural(measured[n].count(), 'statement')}, not {predicted[n]!r}"
        for n in wrong
    ]
    if wrong:
        pytest.fail("\n".join([*lines, *folded(measured[wrong[0]].statements)]))


@pytest.mark.guard
def test_a_page_of_columns_takes_two_statements(session_factory, recorder, stored):
    """The page of the API reads columns: there is no relationship that could load later."""
    from case_tracker.adapters.sql.read_models import SqlCasePages

    stored(10)

    with session_factory() as session, recorder() as sent:
        shown = SqlCasePages(session).page(limit=10)

    assert sum(len(case.notes) for case in shown) == 15
    within_budget(sent, 2, "a page of 10 cases")


@pytest.mark.task(1)
def test_the_rule_fits_what_is_sent(exercise, stored, listed, observed):
    """A list that is fast with two cases can be too slow with a hundred."""
    compare(exercise, stored, listed, observed, (10, 2, 1))


@pytest.mark.task(1)
def test_the_rule_holds_for_other_numbers(exercise, stored, listed, observed):
    """A table grows: what is right for three sizes may be wrong for the next one."""
    compare(exercise, stored, listed, observed, (25, 0))


@pytest.mark.task(2)
def test_ten_cases_take_two_statements(with_notes, stored, listed, observed):
    """With one statement for each case, a page of 100 waits 101 times for the network."""
    cases = stored(10)

    found, sent = listed(page(with_notes(select(CaseRecord)), 50))

    ids = [case.id.value for case in found]
    notes = [case.id.value for case in cases for _ in case.notes]
    observed["cases"] = "one for each note" if ids == notes else "another list"
    assert ids == [case.id.value for case in cases], (
        f"10 cases are stored; the list has {shown(ids)}"
    )
    for case, listed_case in zip(cases, found, strict=True):
        texts = [note.text for note in listed_case.notes]
        assert texts == [note.text for note in case.notes], (
            f"{case.id.value} has {plural(len(case.notes), 'note')}; the list shows {texts}"
        )
    within_budget(sent, 2, "10 cases")


@pytest.mark.task(2)
def test_the_number_of_statements_does_not_grow(with_notes, stored, listed):
    """A test with one case cannot tell 2 statements from one for each case."""
    stored(100)

    for size in (0, 1, 2, 100):
        found, sent = listed(page(with_notes(select(CaseRecord)), size))
        assert len(found) == size, f"a page of {plural(size)} has {len(found)}"
        within_budget(sent, 2, plural(size))


@pytest.mark.task(2)
def test_the_rest_of_the_query_stays(with_notes, stored, listed):
    """A page that loses its filter shows cases that nobody asked for."""
    cases = stored(12)

    late = select(CaseRecord).where(CaseRecord.id > "CASE-0004").order_by(CaseRecord.id)
    found, _ = listed(with_notes(late.limit(3).offset(2)))

    ids = [case.id.value for case in found]
    assert found == cases[6:9], f"the query asked for cases 7 to 9; the list has {shown(ids)}"


@pytest.mark.task(3)
def test_touching_what_is_not_loaded_raises(sealed, session_factory, stored, observed):
    """One new line of code must not bring back one statement for each case."""
    stored(3)
    plain, names = select(CaseRecord), ("notes", "history")

    opened = {name: touch(session_factory, plain, name) for name in names}
    locked = {name: touch(session_factory, sealed(plain), name) for name in names}

    assert set(opened.values()) == {"sent 1 SELECT"}, f"without sealed(): {opened}"
    observed.update(locked)
    for name, what in locked.items():
        which = f"record.{name}" + (", which this test adds," if name == "history" else "")
        assert what == "raised", f"touching {which} {what}; it must raise InvalidRequestError"


@pytest.mark.task(3)
def test_what_the_query_loads_stays_readable(sealed, session_factory, stored, listed):
    """A lock that also shuts out what was loaded stops the whole list."""
    cases = stored(5)

    late = select(CaseRecord).where(CaseRecord.id > "CASE-0001").order_by(CaseRecord.id).limit(3)
    query = sealed(late.options(selectinload(CaseRecord.notes)))
    with session_factory() as session:
        ids = [record.id for record in session.scalars(query)]
    assert ids == [case.id.value for case in cases[1:4]], (
        f"the query asked for cases 2 to 4; the list has {shown(ids)}\n"
        "sealed() must add its option to the query that it was given: query.options(...)."
    )

    found, sent = listed(query)
    assert found == cases[1:4], "cases 2 to 4 came without the notes that the query loads"
    within_budget(sent, 2, "a sealed list of 3 cases")


def touch(session_factory, query, name):
    """Say what happens when one relationship of one case is read for the first time."""
    with session_factory() as session:
        record = session.scalars(query.where(CaseRecord.id == "CASE-0003")).one()
        with Recorder() as sent:
            try:
                value = getattr(record, name)
            except InvalidRequestError:
                return "raised"
    if sent.count():
        return f"sent {plural(sent.count(), 'SELECT')}"
    return f"gave {plural(len(value), 'object')} and no error"


TOGETHER = "cases_with_notes() must use both: return sealed(with_notes(select(CaseRecord)))."


@pytest.mark.task(4)
def test_the_repository_lists_ten_cases_in_two_statements(
    exercise, session_factory, recorder, stored
):
    """The list of cases is the page that everybody opens first."""
    from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository

    cases = stored(10)

    with session_factory() as session, recorder() as sent:
        try:
            found = SqlAlchemyCaseRepository(session).list()
        except InvalidRequestError:
            pytest.fail(f"list() cannot read the notes of its cases\n{TOGETHER}")

    assert found == cases, f"list() does not return the stored cases with their notes\n{TOGETHER}"
    within_budget(sent, 2, "list() of 10 cases", TOGETHER)


@pytest.mark.task(4)
def test_the_query_of_the_repository_is_sealed(exercise, session_factory, stored):
    """A lock that is written and never used protects nobody."""
    stored(3)

    what = touch(session_factory, exercise.cases_with_notes(), "history")

    assert what == "raised", (
        f"touching record.history {what}: cases_with_notes() is not sealed\n{TOGETHER}"
    )
