"""What every CaseRepository promises."""

from datetime import UTC, datetime

import pytest

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    ConcurrentUpdateError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus

LATE = CaseId("CASE-001")


def store(units, *cases):
    """Commit these cases."""
    with units.write() as unit:
        for case in cases:
            unit.cases.add(case)
        unit.commit()


def stored(units, case_id=LATE):
    """Return the committed case."""
    with units.read() as unit:
        return unit.cases.get(case_id)


def test_a_stored_case_comes_back_equal(units):
    """Nothing of a case is lost on the way through the store."""
    written_at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    case = Case(LATE, "Late report", CaseStatus.SUBMITTED, [Note("called", written_at)])

    store(units, case)

    loaded = stored(units)
    assert loaded == case
    assert loaded.notes[0].written_at == written_at


def test_get_gives_an_object_of_its_own(units):
    """Changing what get() returned changes nothing until it is saved."""
    store(units, Case(LATE, "Late report"))

    stored(units).rename("Changed in memory")

    assert stored(units).title == "Late report"


def test_get_of_an_unknown_id_is_refused(units):
    """The caller learns which id is missing."""
    with units.read() as unit, pytest.raises(CaseNotFoundError, match="'CASE-404'"):
        unit.cases.get(CaseId("CASE-404"))


def test_save_of_an_unknown_id_is_refused(units):
    """save() never inserts."""
    with units.write() as unit, pytest.raises(CaseNotFoundError, match="'CASE-001'"):
        unit.cases.save(Case(LATE, "Late report"))


def test_a_taken_id_is_refused_by_the_commit_at_the_latest(units):
    """Two clients that choose the same id cannot both win."""
    store(units, Case(LATE, "first"))

    with pytest.raises(CaseAlreadyExistsError):
        store(units, Case(LATE, "second"))

    assert stored(units).title == "first"


def test_save_keeps_title_status_and_new_notes(units):
    """A save carries every change of the aggregate."""
    store(units, Case(LATE, "Late report", notes=[Note("one")]))

    with units.write() as unit:
        case = unit.cases.get(LATE)
        case.rename("Very late report")
        case.transition_to(CaseStatus.SUBMITTED)
        case.add_note(Note("two"))
        unit.cases.save(case)
        unit.commit()

    case = stored(units)
    assert (case.title, case.status) == ("Very late report", CaseStatus.SUBMITTED)
    assert [note.text for note in case.notes] == ["one", "two"]


def test_saving_twice_in_one_unit_stores_a_note_once(units):
    """A second save of the same object adds only what is new since the first."""
    store(units, Case(LATE, "Late report"))

    with units.write() as unit:
        case = unit.cases.get(LATE)
        case.add_note(Note("one"))
        unit.cases.save(case)
        case.add_note(Note("two"))
        unit.cases.save(case)
        unit.commit()

    assert [note.text for note in stored(units).notes] == ["one", "two"]


def test_a_unit_reads_what_it_has_written(units):
    """get() after save() inside one unit shows the saved state."""
    store(units, Case(LATE, "Late report"))

    with units.write() as unit:
        case = unit.cases.get(LATE)
        case.add_note(Note("one"))
        unit.cases.save(case)
        again = unit.cases.get(LATE)

    assert [note.text for note in again.notes] == ["one"]


def test_each_save_is_a_new_version(units):
    """A note alone is a new version of its case too."""
    store(units, Case(LATE, "Late report"))

    with units.write() as unit:
        case = unit.cases.get(LATE)
        case.add_note(Note("one"))
        unit.cases.save(case)
        unit.commit()

    assert case.version == 2
    assert stored(units).version == 2


def test_a_stale_case_cannot_be_saved(units):
    """Whoever read before somebody else saved must read again."""
    store(units, Case(LATE, "Late report"))
    stale = stored(units)
    with units.write() as unit:
        case = unit.cases.get(LATE)
        case.rename("changed by somebody else")
        unit.cases.save(case)
        unit.commit()

    stale.rename("changed from an old copy")
    with units.write() as unit, pytest.raises(ConcurrentUpdateError):
        unit.cases.save(stale)

    assert stored(units).title == "changed by somebody else"


def test_list_is_ordered_by_id_and_cut_to_the_page(units):
    """Page two starts where page one ended."""
    store(units, *(Case(CaseId(f"CASE-{n:03}"), "a title") for n in (3, 1, 5, 2, 4)))

    with units.read() as unit:
        first = unit.cases.list(limit=2)
        second = unit.cases.list(limit=2, offset=2)

    assert [case.id.value for case in first + second] == [f"CASE-{n:03}" for n in (1, 2, 3, 4)]


def test_list_and_count_filter_by_status(units):
    """The filter selects exactly the cases in that status."""
    store(
        units,
        Case(CaseId("CASE-001"), "a"),
        Case(CaseId("CASE-002"), "b", CaseStatus.CLOSED),
        Case(CaseId("CASE-003"), "c", CaseStatus.CLOSED),
    )

    with units.read() as unit:
        closed = unit.cases.list(CaseStatus.CLOSED)
        counts = unit.cases.count(CaseStatus.CLOSED), unit.cases.count()

    assert [case.id.value for case in closed] == ["CASE-002", "CASE-003"]
    assert counts == (2, 3)


def test_list_shows_notes_oldest_first(units):
    """Each case of a page carries its own notes in the order of writing."""
    store(
        units,
        Case(CaseId("CASE-001"), "a", notes=[Note("a1"), Note("a2")]),
        Case(CaseId("CASE-002"), "b", notes=[Note("b1")]),
    )

    with units.read() as unit:
        texts = [[note.text for note in case.notes] for case in unit.cases.list()]

    assert texts == [["a1", "a2"], ["b1"]]


def test_a_page_shows_what_the_repository_lists(units):
    """The fast way to read and the plain one agree, note by note."""
    store(
        units,
        Case(CaseId("CASE-001"), "a", notes=[Note("a1"), Note("a2")]),
        Case(CaseId("CASE-002"), "b", CaseStatus.CLOSED),
        Case(CaseId("CASE-003"), "c", CaseStatus.CLOSED),
    )

    with units.read() as unit:
        listed = unit.cases.list(limit=2, offset=1)
        page = unit.pages.page(limit=2, offset=1)
        totals = unit.pages.total(), unit.pages.total(CaseStatus.CLOSED)

    assert [(v.id, v.title, v.status, v.version, list(v.notes)) for v in page] == [
        (c.id.value, c.title, c.status, c.version, c.notes) for c in listed
    ]
    assert totals == (3, 2)


def test_an_import_stores_all_cases_with_their_notes(units):
    """What goes in through the fast way is what the plain way reads."""
    cases = [
        Case(CaseId(f"CASE-{n:03}"), f"title {n}", notes=[Note(f"n{n}"), Note("x")])
        for n in range(5)
    ]

    with units.write() as unit:
        count = unit.imports.add_all(iter(cases))
        unit.commit()

    with units.read() as unit:
        assert (count, unit.cases.list()) == (5, cases)


@pytest.mark.parametrize("ids", [["CASE-001"], ["CASE-009", "CASE-009"]], ids=["stored", "twice"])
def test_an_import_with_a_taken_id_stores_nothing(units, ids):
    """All of an import is stored or none of it."""
    store(units, Case(LATE, "first"))

    with pytest.raises(CaseAlreadyExistsError), units.write() as unit:
        unit.imports.add_all(
            [Case(CaseId("CASE-008"), "new")] + [Case(CaseId(i), "x") for i in ids]
        )
        unit.commit()

    with units.read() as unit:
        assert [case.title for case in unit.cases.list()] == ["first"]


def test_audit_events_come_back_in_the_order_of_adding(units):
    """The trail of one case reads like a story, whatever its clock says."""
    store(units, Case(LATE, "a"), Case(CaseId("CASE-002"), "b"))
    when = datetime(2026, 3, 1, tzinfo=UTC)
    events = [
        AuditEvent(LATE, Actor("ann"), kind, {"step": kind}, occurred_at=when)
        for kind in ("third_by_name", "a_first_by_name", "second")
    ]
    other = AuditEvent(CaseId("CASE-002"), Actor("bob"), "other", {})

    with units.write() as unit:
        for event in [events[0], other, *events[1:]]:
            unit.audit_events.add(event)
        unit.commit()

    with units.read() as unit:
        assert list(unit.audit_events.list(LATE)) == events


def remove(units, case_id=LATE):
    """Delete a case."""
    with units.write() as unit:
        unit.cases.remove(unit.cases.get(case_id))
        unit.commit()


@pytest.mark.removes
def test_a_removed_case_is_gone_from_every_read(units):
    """Nobody meets a deleted case by another way in."""
    store(units, Case(LATE, "Late report", notes=[Note("one")]), Case(CaseId("CASE-002"), "other"))

    remove(units)

    with units.read() as unit:
        assert [case.id.value for case in unit.cases.list()] == ["CASE-002"]
        assert [view.id for view in unit.pages.page()] == ["CASE-002"]
        assert (unit.cases.count(), unit.pages.total()) == (1, 1)
        with pytest.raises(CaseNotFoundError):
            unit.cases.get(LATE)


@pytest.mark.removes
def test_a_removed_case_cannot_be_changed(units):
    """Whoever still holds the object learns that the case is gone."""
    store(units, Case(LATE, "Late report"))
    held = stored(units)
    remove(units)

    with units.write() as unit:
        with pytest.raises(CaseNotFoundError):
            unit.cases.save(held)
        with pytest.raises(CaseNotFoundError):
            unit.cases.remove(held)


@pytest.mark.removes
def test_a_stale_case_cannot_be_removed(units):
    """Deleting is a decision too: it needs the newest state."""
    store(units, Case(LATE, "Late report"))
    stale = stored(units)
    with units.write() as unit:
        unit.cases.save(unit.cases.get(LATE))
        unit.commit()

    with units.write() as unit, pytest.raises(ConcurrentUpdateError):
        unit.cases.remove(stale)


@pytest.mark.removes
def test_the_id_of_a_removed_case_stays_taken(units):
    """Its history belongs to it for ever."""
    store(units, Case(LATE, "Late report"))
    remove(units)

    with pytest.raises(CaseAlreadyExistsError):
        store(units, Case(LATE, "another"))


@pytest.mark.removes
def test_a_reference_is_unique_among_living_cases(units):
    """Two cases for one number of another system would be a mistake; a deleted one is none."""
    store(units, Case(LATE, "Late report", reference="INV-17"), Case(CaseId("CASE-002"), "none"))
    with pytest.raises(ReferenceTakenError):
        store(units, Case(CaseId("CASE-003"), "twice", reference="INV-17"))

    remove(units)
    store(units, Case(CaseId("CASE-003"), "again", reference="INV-17"), Case(CaseId("C-4"), "none"))

    assert stored(units, CaseId("CASE-003")).reference == "INV-17"


@pytest.mark.removes
def test_a_page_begins_behind_an_id(units):
    """Who turns the page misses nothing and sees nothing twice, also when that case is gone."""
    store(units, *(Case(CaseId(f"CASE-{n:03}"), "a title") for n in (3, 1, 5, 2, 4)))
    remove(units, CaseId("CASE-002"))

    with units.read() as unit:
        pages = [
            [view.id for view in unit.pages.page(limit=2, after=CaseId(after))]
            for after in ("CASE-001", "CASE-002", "CASE-004", "CASE-005")
        ]

    assert pages == [["CASE-003", "CASE-004"], ["CASE-003", "CASE-004"], ["CASE-005"], []]


def test_a_page_behind_an_id_is_filtered_too(units):
    """Turning the page keeps the filter."""
    closed = CaseStatus.CLOSED
    store(
        units,
        Case(CaseId("CASE-001"), "a", closed),
        Case(CaseId("CASE-002"), "b"),
        Case(CaseId("CASE-003"), "c", closed),
    )

    with units.read() as unit:
        page = unit.pages.page(closed, after=CaseId("CASE-001"))

    assert [view.id for view in page] == ["CASE-003"]
