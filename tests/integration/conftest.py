"""Units of work in an event loop, for the tests that ask the databases themselves."""

import asyncio

import pytest

from case_tracker.bootstrap import build_async_units
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.services.import_cases import import_cases


@pytest.fixture
def run():
    """Runs a coroutine in the event loop of this test."""
    with asyncio.Runner() as loop:
        yield loop.run


@pytest.fixture
def start_async(run):
    """Makes async units of work for a URL, stores two cases under review, and closes them."""
    made = []

    def start_async(url, **environ):
        made.append(run(build_async_units(url, environ)))
        run(made[-1].run(import_cases, two_cases()))
        return made[-1]

    yield start_async
    for units in made:
        run(units.close())


def two_cases():
    """Return two cases under review."""
    return [
        Case(CaseId(case_id), "0", CaseStatus.UNDER_REVIEW) for case_id in ("CASE-001", "CASE-002")
    ]
