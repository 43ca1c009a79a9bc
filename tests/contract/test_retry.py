"""A unit that met a passing trouble is done again, as a whole, a few times."""

import pytest

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrentUpdateError,
    DatabaseBusyError,
    DatabaseUnavailableError,
)
from case_tracker.services import retry
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import show_case
from case_tracker.services.retry import ATTEMPTS, retried, run_in_unit

LATE = CaseId("CASE-001")


class Trouble:
    """Work that fails a number of times, after it has written something."""

    def __init__(self, times, error=DatabaseBusyError):
        self.left = times
        self.error = error
        self.units = []

    def __call__(self, unit):
        """Add a case; fail while there is trouble left."""
        self.units.append(unit)
        unit.cases.add(Case(LATE, f"attempt {len(self.units)}"))
        if self.left:
            self.left -= 1
            raise self.error
        return "done"


@pytest.mark.parametrize("times", range(ATTEMPTS))
def test_the_whole_unit_is_done_again(units, times):
    """Nothing of a failed attempt is left; each attempt has a unit of its own."""
    trouble = Trouble(times)

    assert run_in_unit(units, trouble) == "done"

    assert show_case(units, LATE).title == f"attempt {times + 1}"
    assert len({id(unit) for unit in trouble.units}) == times + 1


def test_after_the_last_attempt_the_trouble_is_reported(units):
    """A client that waits for ever is worse off than one that is told."""
    trouble = Trouble(ATTEMPTS)

    with pytest.raises(DatabaseBusyError):
        run_in_unit(units, trouble)

    assert len(trouble.units) == ATTEMPTS
    with units.read() as unit:
        assert unit.cases.count() == 0


def test_an_answer_of_the_domain_is_no_trouble(units):
    """A stale version stays stale: repeating would overwrite what somebody else wrote."""
    open_case(units, LATE, "Late report")
    add_note(units, LATE, "somebody was faster", Actor("ann"))
    calls = []

    @retried
    def write(units, expected_version):
        calls.append(expected_version)
        add_note(units, LATE, "too late", Actor("ann"), expected_version=expected_version)

    with pytest.raises(ConcurrentUpdateError):
        write(units, 1)

    assert calls == [1]


@pytest.mark.parametrize("error", [CommitOutcomeUnknownError, DatabaseUnavailableError])
def test_what_may_have_been_stored_is_not_repeated(units, error):
    """A case that is opened twice is worse than a question."""
    trouble = Trouble(1, error)

    with pytest.raises(error):
        run_in_unit(units, trouble)

    assert len(trouble.units) == 1


def test_no_attempt_begins_that_would_end_after_the_deadline(units, monkeypatch):
    """Three times a long wait for a lock is longer than any client waits."""
    monkeypatch.setattr(retry, "DEADLINE_S", 0.0)
    trouble = Trouble(1)

    with pytest.raises(DatabaseBusyError):
        run_in_unit(units, trouble)

    assert len(trouble.units) == 1
