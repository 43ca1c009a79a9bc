"""Clients that work on one case at the same moment: no step is lost, none is taken twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import ConcurrentUpdateError
from case_tracker.domain.status import CaseStatus
from case_tracker.services.import_cases import import_cases
from case_tracker.services.read_cases import case_history, show_case
from case_tracker.services.rename_case import rename_case
from case_tracker.services.retry import run_in_unit
from case_tracker.services.transition_case import transition_case

LATE = CaseId("CASE-001")
ANN = Actor("ann")
CLIENTS = 4
NEXT = {  # a way round that never ends
    CaseStatus.UNDER_REVIEW: CaseStatus.RETURNED,
    CaseStatus.RETURNED: CaseStatus.SUBMITTED,
    CaseStatus.SUBMITTED: CaseStatus.UNDER_REVIEW,
}
ROUNDS = pytest.mark.parametrize("rounds", [10, pytest.param(50, marks=pytest.mark.thorough)])
LOOPS = pytest.mark.shows_n_plus_one("every client does one thing after the other")


@pytest.fixture(autouse=True)
def late(units):
    """The case on which all clients work."""
    import_cases(units, [Case(LATE, "0", CaseStatus.UNDER_REVIEW)])


def together(work, clients=CLIENTS):
    """Let each client do this work, all from the same moment; return what came out."""
    start = threading.Barrier(clients, timeout=60)

    def begin(client):
        start.wait()
        return work(client)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(begin, range(clients)))


@LOOPS
@ROUNDS
def test_each_step_is_taken_once_and_has_its_line_in_the_trail(units, rounds):
    """Clients that read again after a conflict get there, and nothing is lost on the way."""

    def step(actor):
        case = show_case(units, LATE)
        try:
            transition_case(units, LATE, NEXT[case.status], actor, expected_version=case.version)
        except ConcurrentUpdateError:
            return 0
        return 1

    def walk(client):
        taken = 0
        while taken < rounds:
            taken += step(Actor(f"client {client}"))

    together(walk)

    events = case_history(units, LATE)
    actors = [event.actor.name for event in events]
    assert show_case(units, LATE).version == 1 + CLIENTS * rounds
    assert {name: actors.count(name) for name in actors} == {
        f"client {client}": rounds for client in range(CLIENTS)
    }
    assert len(events) == CLIENTS * rounds
    assert_unbroken(events, CaseStatus.UNDER_REVIEW, show_case(units, LATE).status)


def assert_unbroken(events, status, last):
    """Check that each event begins where the one before it ended."""
    for event in events:
        assert event.details == {"from": status.value, "to": NEXT[status].value}
        status = NEXT[status]
    assert status is last


@LOOPS
def test_of_two_that_saw_the_same_version_one_wins(units):
    """A double click is one step: the second client learns that it was too late."""

    def take(client):
        try:
            goal = (CaseStatus.APPROVED, CaseStatus.REJECTED)[client]
            return transition_case(units, LATE, goal, ANN, expected_version=1).status
        except ConcurrentUpdateError:
            return None

    first, second = together(take, clients=2)

    assert (first is None) != (second is None)
    case, events = show_case(units, LATE), case_history(units, LATE)
    assert (case.status, case.version) == (first or second, 2)
    assert [event.details["to"] for event in events] == [case.status.value]


@LOOPS
@ROUNDS
def test_what_is_read_in_a_writing_unit_stays_true_until_its_end(units, rounds):
    """Reading, counting one up and saving loses no count, without any expected version."""

    def count_up(unit):
        case = unit.cases.get(LATE)
        case.rename(str(int(case.title) + 1))
        unit.cases.save(case)

    together(lambda _: [run_in_unit(units, count_up) for _ in range(rounds)])

    assert show_case(units, LATE).title == str(CLIENTS * rounds)


@LOOPS
@ROUNDS
def test_a_save_of_what_was_read_earlier_overwrites_nothing(units, rounds):
    """Who read in one unit and saves in another one is refused when somebody was between."""

    def count_up(_):
        done = 0
        while done < rounds:
            case = show_case(units, LATE)
            title = str(int(case.title) + 1)
            try:
                rename_case(units, LATE, title, expected_version=case.version)
            except ConcurrentUpdateError:
                continue
            done += 1

    together(count_up)

    assert show_case(units, LATE).title == str(CLIENTS * rounds)
