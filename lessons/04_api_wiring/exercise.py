"""What both entrypoints share: where units of work come from, and what an error becomes.

Never opens a Session and never commits: the services do.
"""

from collections.abc import Iterator

from fastapi import FastAPI, Request

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    CaseTrackerError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
    InvalidTransitionError,
    InvalidValueError,
)
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.open_case import open_case


def connect(app: FastAPI, units: UnitsOfWork) -> None:
    """Keep the factory at `app.state.units`. Every unit of work is made by it, none is shared."""
    # TODO 4.2: keep the factory, so that each read() and write() makes a unit of work of
    #   its own
    from types import SimpleNamespace

    unit = units.write()  # one for the whole application: every request gets this one
    app.state.units = SimpleNamespace(read=lambda: unit, write=lambda: unit)


def units_of(request: Request) -> Iterator[UnitsOfWork]:
    """Hand the factory to the route. When the answer goes out, nothing is left to do.

    FastAPI runs what stands after `yield` when the client has its answer: too late for a commit.
    """
    # TODO 4.1: hand the factory to the route; open_case(), in open_case.py, commits before
    #   it returns
    from contextlib import nullcontext
    from types import SimpleNamespace

    with request.app.state.units.write() as unit:
        # Every service of this request works in one and the same unit.
        yield SimpleNamespace(read=lambda: nullcontext(unit), write=lambda: nullcontext(unit))
        unit.commit()


def status_code(error: CaseTrackerError) -> int:
    """Return the HTTP status of an error, here and nowhere else.

    422 for a value that no case can have, 404 for a missing case, 409 for every conflict,
    503 for the rest: the client may try again.
    """
    # TODO 4.3: give each refusal its status: 404 for a missing case, 409 for a conflict
    match error:
        case InvalidValueError():
            return 422
        case _:
            return 503


def open_command(units: UnitsOfWork, case_id: str, title: str) -> str:
    """Open a case through the same service as the API; return the line to print.

    It reads `CASE-001 DRAFT Late report`.

    Raises:
        CaseTrackerError: the case cannot be opened; the message is for the person who typed.
    """
    # TODO 4.4: call the service that the API calls, instead of a copy of it
    case = Case(CaseId(case_id), title)
    with units.write() as unit:
        unit.cases.add(case)
    return _line(case)


def _line(case: Case) -> str:
    return f"{case.id.value} {case.status.value} {case.title}"
