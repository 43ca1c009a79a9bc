"""The rules of cases, without any database."""

from datetime import UTC

import pytest

from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import (
    ConcurrentUpdateError,
    InvalidTransitionError,
    InvalidValueError,
)
from case_tracker.domain.status import CaseStatus
from case_tracker.domain.versioned import expect_version

S = CaseStatus
ALLOWED = {
    (S.DRAFT, S.SUBMITTED),
    (S.SUBMITTED, S.UNDER_REVIEW),
    (S.UNDER_REVIEW, S.APPROVED),
    (S.UNDER_REVIEW, S.REJECTED),
    (S.UNDER_REVIEW, S.RETURNED),
    (S.RETURNED, S.SUBMITTED),
    (S.APPROVED, S.CLOSED),
    (S.REJECTED, S.CLOSED),
}


@pytest.mark.parametrize("source", CaseStatus)
@pytest.mark.parametrize("target", CaseStatus)
def test_only_the_drawn_steps_are_possible(source, target):
    """The workflow is a drawing; nothing else can happen."""
    case = Case(CaseId("CASE-001"), "Late report", source)

    if (source, target) in ALLOWED:
        case.transition_to(target)
        assert case.status is target
    else:
        with pytest.raises(InvalidTransitionError, match=f"from {source} to {target}"):
            case.transition_to(target)
        assert case.status is source


@pytest.mark.parametrize("value", ["", " ", "a b", "a/b", "é", "x" * 41, "-a", "CASE-001\n"])
def test_an_id_is_a_name_that_fits_in_a_url(value):
    """Ids come from clients and travel in paths."""
    with pytest.raises(InvalidValueError, match="case id has 1 to 40"):
        CaseId(value)


@pytest.mark.parametrize("value", ["a", "CASE-001", "2026.03_x", "x" * 40])
def test_a_good_id_is_kept(value):
    """What the client chose is what it gets back."""
    assert CaseId(value).value == value


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "nul\x00byte", "no UTF-8: \udcff"])
def test_a_title_says_something(text):
    """A blank title helps nobody; NUL and half a surrogate pair break databases."""
    with pytest.raises(InvalidValueError, match="title"):
        Case(CaseId("CASE-001"), text)
    case = Case(CaseId("CASE-001"), "Late report")
    with pytest.raises(InvalidValueError, match="title"):
        case.rename(text)
    assert case.title == "Late report"


def test_a_note_is_dated_in_utc():
    """Two readers in two countries agree when it was written."""
    assert Note("called").written_at.tzinfo is UTC


@pytest.mark.parametrize("name", [" ", "nul\x00byte", "no UTF-8: \udcff"])
def test_an_actor_has_a_name(name):
    """An audit trail without names answers nothing; a name that breaks databases is none."""
    with pytest.raises(InvalidValueError, match="actor"):
        Actor(name)


def test_an_audit_event_tells_the_step():
    """From where to where, by whom, on which case."""
    event = AuditEvent.case_transitioned(CaseId("CASE-001"), Actor("ann"), S.DRAFT, S.SUBMITTED)

    assert event.details == {"from": "DRAFT", "to": "SUBMITTED"}
    assert event.id != AuditEvent.case_transitioned(CaseId("A"), Actor("ann"), S.DRAFT, S.DRAFT).id


def test_a_version_is_checked_only_when_it_is_given():
    """A client that does not care may say so by saying nothing."""
    case = Case(CaseId("CASE-001"), "Late report", version=3)

    expect_version(case, None)
    expect_version(case, 3)
    with pytest.raises(ConcurrentUpdateError, match="'CASE-001'"):
        expect_version(case, 2)
