"""What every UnitOfWork promises."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from unittest.mock import Mock

import pytest

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
    InvalidTransitionError,
    InvalidValueError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.reports import SORTS, ReportLine
from case_tracker.services.add_note import add_note
from case_tracker.services.delete_case import delete_case
from case_tracker.services.import_cases import import_cases
from case_tracker.services.import_each import import_each
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, count_cases, list_cases, show_case
from case_tracker.services.rename_case import rename_case
from case_tracker.services.reports import find_cases, stale_cases
from case_tracker.services.transition_case import transition_case

LATE = CaseId("CASE-001")
ANN = Actor("ann")


def ids(units):
    """Return the ids of all committed cases."""
    with units.read() as unit:
        return [case.id.value for case in unit.cases.list()]


def test_commit_stores(units):
    """What was committed is there for the next unit."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))
        unit.commit()

    assert ids(units) == ["CASE-001"]


def test_leaving_without_commit_discards(units):
    """A request that ends early must not leave half a case behind."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))

    assert ids(units) == []


def test_an_exception_discards_and_goes_on(units):
    """The unit undoes the work and hides nothing."""
    with pytest.raises(RuntimeError, match="boom"), units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))
        raise RuntimeError("boom")

    assert ids(units) == []


def test_rollback_discards_and_the_unit_goes_on(units):
    """After rollback() the same unit can do something else."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))
        unit.rollback()
        unit.cases.add(Case(CaseId("CASE-002"), "Second thought"))
        unit.commit()

    assert ids(units) == ["CASE-002"]


def test_nobody_sees_what_is_not_committed(units):
    """A reader beside a writing unit sees the state before it."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))
        unit.cases.list()
        assert ids(units) == []
        unit.commit()

    assert ids(units) == ["CASE-001"]


def test_a_reading_unit_sees_one_state(units):
    """The page and the total of one answer agree, whatever is committed between them."""
    with units.read() as reader:
        before = reader.cases.count()
        open_case(units, LATE, "Late report")
        after = reader.cases.count()

    assert (before, after, count_cases(units)) == (0, 0, 1)


def test_work_after_a_commit_needs_its_own_commit(units):
    """A second half that was not committed is discarded alone."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "first half"))
        unit.commit()
        unit.cases.add(Case(CaseId("CASE-002"), "second half"))

    assert ids(units) == ["CASE-001"]


def test_a_transition_is_stored_with_its_audit_event(units):
    """The status never changes without a line in the trail."""
    open_case(units, LATE, "Late report")

    case = transition_case(units, LATE, CaseStatus.SUBMITTED, ANN)

    (event,) = case_history(units, LATE)
    assert show_case(units, LATE) == case
    assert (event.actor, event.event_type) == (ANN, "case_transitioned")
    assert event.details == {"from": "DRAFT", "to": "SUBMITTED"}


def test_a_forbidden_step_changes_nothing(units):
    """A refused transition leaves neither a status nor an event."""
    open_case(units, LATE, "Late report")

    with pytest.raises(InvalidTransitionError, match="from DRAFT to CLOSED"):
        transition_case(units, LATE, CaseStatus.CLOSED, ANN)

    assert show_case(units, LATE).status is CaseStatus.DRAFT
    assert list(case_history(units, LATE)) == []


def test_a_failing_audit_event_leaves_the_case_unchanged(units, monkeypatch):
    """Status and trail are one transaction: when the second half fails, the first is undone."""
    open_case(units, LATE, "Late report")
    with units.read() as unit:
        trail = unit.audit_events.__class__
    monkeypatch.setattr(trail, "add", Mock(side_effect=OSError("disk full")))

    with pytest.raises(OSError, match="disk full"):
        transition_case(units, LATE, CaseStatus.SUBMITTED, ANN)

    case = show_case(units, LATE)
    assert (case.status, case.version) == (CaseStatus.DRAFT, 1)


@pytest.mark.parametrize(
    "command",
    [
        lambda units, version: rename_case(units, LATE, "new title", expected_version=version),
        lambda units, version: add_note(units, LATE, "a note", ANN, expected_version=version),
        lambda units, version: transition_case(
            units, LATE, CaseStatus.SUBMITTED, ANN, expected_version=version
        ),
        lambda units, version: delete_case(units, LATE, ANN, expected_version=version),
    ],
    ids=["rename", "note", "transition", "delete"],
)
def test_a_stale_client_is_refused(units, command):
    """Who has seen version 1 cannot overwrite version 2; who has seen 2 can."""
    open_case(units, LATE, "Late report")
    add_note(units, LATE, "somebody was faster", ANN)

    with pytest.raises(ConcurrentUpdateError, match="'CASE-001'"):
        command(units, 1)

    case = command(units, 2)
    assert case is None or case.version == 3


def test_pages_and_counts(units):
    """A page knows how many there are in all."""
    import_cases(units, [Case(CaseId(f"CASE-{n}"), "a title", notes=[Note("x")]) for n in range(3)])

    page = list_cases(units, CaseStatus.DRAFT, limit=2)

    assert ([case.id for case in page.cases], page.total) == (["CASE-0", "CASE-1"], 3)
    assert count_cases(units) == 3


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"offset": 2**63}])
def test_a_page_that_cannot_be_is_refused(units, wrong):
    """A number that no database can hold is the caller's mistake, on every store."""
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        list_cases(units, **wrong)


def test_the_history_of_an_unknown_case_is_refused(units):
    """An empty trail and a missing case are two answers."""
    with pytest.raises(CaseNotFoundError):
        case_history(units, CaseId("CASE-404"))


def test_writers_take_turns(units):
    """Four threads that read, decide and write lose no update."""
    open_case(units, LATE, "Late report")
    start = threading.Barrier(4)

    def write_notes():
        start.wait()
        for _ in range(10):
            add_note(units, LATE, "a note", ANN)

    threads = [threading.Thread(target=write_notes) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    case = show_case(units, LATE)
    assert (len(case.notes), case.version) == (40, 41)


def test_turning_pages_shows_each_case_once(units):
    """`next_after` leads from the first page to the last one, and then nowhere."""
    import_cases(units, [Case(CaseId(f"CASE-{n}"), "a title") for n in range(5)])

    after, pages = None, []
    while not pages or after:
        page = list_cases(units, limit=2, after=after)
        pages.append([case.id for case in page.cases])
        after = page.next_after

    assert pages == [["CASE-0", "CASE-1"], ["CASE-2", "CASE-3"], ["CASE-4"]]


def test_a_page_has_one_beginning(units):
    """An offset behind an id would be a page that nobody meant."""
    with pytest.raises(InvalidValueError, match="together with after"):
        list_cases(units, offset=1, after=LATE)


def test_a_note_has_an_event_that_names_it(units):
    """Who wrote which note: each has an id of its own, and an event with this id."""
    open_case(units, LATE, "Late report")
    with units.write() as unit:
        ids = [unit.notes.add(LATE, Note(text), ANN) for text in ("called", "called again")]
        unit.commit()
    add_note(units, LATE, "third", Actor("ben"))

    events = case_history(units, LATE)
    told = [event.details["note_id"] for event in events]
    assert [note.text for note in show_case(units, LATE).notes] == [
        "called",
        "called again",
        "third",
    ]
    assert told[:2] == [str(note_id) for note_id in ids]
    assert len(set(told)) == 3
    assert [(e.event_type, e.actor.name) for e in events] == [
        ("note_added", "ann"),
        ("note_added", "ann"),
        ("note_added", "ben"),
    ]


def test_a_note_and_its_event_are_discarded_together(units):
    """Nobody sees a note before the commit, and without one neither is stored."""
    open_case(units, LATE, "Late report")
    with units.write() as unit:
        unit.notes.add(LATE, Note("never mind"), ANN)
        assert show_case(units, LATE).notes == []

    assert show_case(units, LATE).notes == []
    assert case_history(units, LATE) == []


def test_a_note_of_no_case_is_refused(units):
    """The note is refused, and what the unit did before goes with it."""
    open_case(units, LATE, "Late report")
    with pytest.raises(ConstraintViolatedError), units.write() as unit:
        unit.notes.add(LATE, Note("called"), ANN)
        unit.notes.add(CaseId("CASE-404"), Note("called"), ANN)

    assert case_history(units, LATE) == []


def test_an_import_of_each_keeps_the_good_ones(units):
    """One bad line in a thousand must not cost the others; and a refused one leaves no half."""
    open_case(units, LATE, "Late report")
    open_case(units, CaseId("CASE-002"), "Lost parcel", reference="INV-2")
    open_case(units, CaseId("CASE-000"), "gone")
    delete_case(units, CaseId("CASE-000"), ANN)
    taken, new = Case(LATE, "x", notes=[Note("never stored")]), Case(CaseId("CASE-003"), "y")
    reference = Case(CaseId("CASE-004"), "z", reference="INV-2")
    twice, deleted = Case(CaseId("CASE-003"), "again"), Case(CaseId("CASE-000"), "back")
    last = Case(CaseId("CASE-005"), "last", notes=[Note("called")])

    refusals = import_each(units, [taken, new, reference, twice, deleted, last], ANN)

    assert [refusal.case for refusal in refusals] == [taken, reference, twice, deleted]
    reasons = [type(refusal.reason) for refusal in refusals]
    again = CaseAlreadyExistsError
    assert reasons == [again, ReferenceTakenError, again, again]
    assert ids(units) == ["CASE-001", "CASE-002", "CASE-003", "CASE-005"]
    assert (show_case(units, LATE).notes, show_case(units, last.id)) == ([], last)
    assert show_case(units, new.id) == new


def test_the_history_tells_of_a_refused_import(units):
    """Who tried to import CASE-001 again? The case that is stored has the answer."""
    open_case(units, LATE, "Late report", reference="INV-1")
    cases = [Case(LATE, "again"), Case(CaseId("CASE-002"), "other", reference="INV-1")]

    import_each(units, cases, ANN)

    told = [(event.event_type, event.actor, event.details) for event in case_history(units, LATE)]
    assert told == [
        ("import_refused", ANN, {"refused_id": case.id.value, "refused_title": case.title})
        for case in cases
    ]


def test_an_import_of_each_waits_for_the_commit(units):
    """Who gives up after the import has imported nothing, and left no trace of it."""
    open_case(units, LATE, "Late report")
    with units.write() as unit:
        unit.row_import.add_each([Case(CaseId("CASE-002"), "new"), Case(LATE, "again")], ANN)

    assert (ids(units), list(case_history(units, LATE))) == (["CASE-001"], [])


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def written(units):
    """Four cases: two notes of noon, one of 13:00, none; the last one is deleted."""
    later = NOON + timedelta(hours=1)
    import_cases(
        units,
        [
            Case(CaseId("CASE-2"), "late", notes=[Note("x", NOON), Note("y", NOON)]),
            Case(CaseId("CASE-1"), "Late: 100% lost", notes=[Note("x", later)]),
            Case(CaseId("CASE-3"), "it's late", CaseStatus.CLOSED),
            Case(CaseId("CASE-4"), "late, and gone"),
        ],
    )
    delete_case(units, CaseId("CASE-4"), ANN)
    return units


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("id", "123"), ("title", "132"), ("notes", "213"), ("last_note", "123")],
)
def test_a_report_has_the_order_that_was_asked_for(written, sort, expected):
    """By text as Python orders it; what has no note comes last."""
    found = find_cases(written, "LATE", sort=sort)

    assert "".join(line.id[-1] for line in found) == expected
    assert sort in SORTS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("100%", "1"),
        ("%", "1"),
        ("_", ""),
        ("it's", "3"),
        ("' OR 1=1 --", ""),
        (": ", "1"),
        ("/", ""),
    ],
)
def test_a_report_takes_words_as_they_are(written, words, expected):
    """Nothing that somebody types is a part of SQL, or a wildcard."""
    assert "".join(line.id[-1] for line in find_cases(written, words)) == expected


def test_a_line_of_a_report_has_types(written):
    """Both databases and memory answer with the same values."""
    found = find_cases(written, "late", limit=2)

    later = NOON + timedelta(hours=1)
    assert found == [
        ReportLine("CASE-1", "Late: 100% lost", CaseStatus.DRAFT, 1, later),
        ReportLine("CASE-2", "late", CaseStatus.DRAFT, 2, NOON),
    ]
    assert found[0].last_note.tzinfo is UTC


@pytest.mark.parametrize("sort", ["deleted_at", "id; DROP TABLE cases", ""])
def test_an_order_that_nobody_offers_is_refused(written, sort):
    """A name of a column cannot be a parameter: it comes from a list, or not at all."""
    with pytest.raises(InvalidValueError, match="sort is one of id, title, notes, last_note"):
        find_cases(written, "", sort=sort)


def test_stale_cases_are_whole_and_open(written):
    """An instant is an instant in every time zone; CASE-3 is closed, CASE-4 deleted."""
    in_jakarta = (NOON + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=7)))

    found = stale_cases(written, in_jakarta)

    assert [(case.id.value, [note.text for note in case.notes]) for case in found] == [
        ("CASE-2", ["x", "y"])
    ]
    assert stale_cases(written, NOON) == []
