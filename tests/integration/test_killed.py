"""A process that is killed in the middle of its work leaves no half of a step behind."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.services.import_cases import import_cases
from case_tracker.services.read_cases import case_history, show_case
from case_tracker.services.transition_case import transition_case

ROOT = Path(__file__).parents[2]
PROGRAM = "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
IDS = ["CASE-1", "CASE-2", "CASE-3"]
STEP = ["UPDATE", "INSERT", "COMMIT", "done CASE-1"]  # COMMIT is said just before it is sent
FIRST = CaseId("CASE-1")
LOOPS = pytest.mark.shows_n_plus_one("looks at one case after the other")


def thorough(*values):
    """Return parameters for a run that takes its time: each one starts a process."""
    return [pytest.param(value, marks=pytest.mark.thorough) for value in values]


@pytest.fixture
def units(database_url):
    """Units of work on three cases under review."""
    units = build_units(database_url)
    cases = [Case(CaseId(value), "a title", CaseStatus.UNDER_REVIEW) for value in IDS]
    import_cases(units, cases)
    yield units
    units.close()


@pytest.fixture
def start(database_url, units):
    """Starts the process that is going to be killed."""
    program = Path(__file__).with_name("until_killed.py")
    with ExitStack() as stack:

        def start(*options):
            command = [sys.executable, "-c", PROGRAM, program, database_url, *IDS, *options]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, **pipes))
            stack.callback(process.kill)
            return process

        yield start


def kill(process):
    """End the process as the system does when memory is short; return what it had still said."""
    process.kill()
    return process.stdout.read().splitlines()


def steps_of(units, case_id):
    """Return how many steps a case has made, after a look whether case and trail agree."""
    case, events = show_case(units, case_id), case_history(units, case_id)
    status = CaseStatus.UNDER_REVIEW
    for event in events:
        assert event.details["from"] == status
        status = CaseStatus(event.details["to"])
    assert (case.status, case.version) == (status, 1 + len(events))
    return len(events)


@LOOPS
@pytest.mark.parametrize("lines", [5, *thorough(1, 2, 3, 10, 20)])
def test_whenever_a_process_is_killed_case_and_trail_agree(units, start, lines):
    """What it said is stored, at most one more step is, and none by half."""
    process = start()
    said = [process.stdout.readline().strip() for _ in range(lines)]
    said += kill(process)

    told = {value: said.count(f"done {value}") for value in IDS}
    stored = {value: steps_of(units, CaseId(value)) for value in IDS}
    assert told["CASE-1"] >= 1
    assert sum(stored.values()) - sum(told.values()) in {0, 1}
    assert all(stored[value] >= told[value] for value in IDS)


@LOOPS
@pytest.mark.parametrize("last", ["INSERT", *thorough("UPDATE", "COMMIT", "done CASE-1")])
def test_a_step_is_stored_by_its_commit_and_by_nothing_before(units, start, last):
    """Half of a step is never kept, and a dead process holds no lock: the next one can work."""
    process = start("--ask")
    for expected in STEP[: STEP.index(last) + 1]:
        assert process.stdout.readline().strip() == expected
        if expected != last:
            process.stdin.write("go on\n")
            process.stdin.flush()
    kill(process)

    stored = 1 if last == STEP[-1] else 0
    assert steps_of(units, FIRST) == stored
    goal = CaseStatus.SUBMITTED if stored else CaseStatus.RETURNED
    transition_case(units, FIRST, goal, Actor("ann"))
    assert steps_of(units, FIRST) == stored + 1
