# Derived from case_tracker/entrypoints/wiring.py.
# Change it there, then run `workbook dev sync`.
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
    app.state.units = units


def units_of(request: Request) -> Iterator[UnitsOfWork]:
    """Hand the factory to the route. When the answer goes out, nothing is left to do.

    FastAPI runs what stands after `yield` when the client has its answer: too late for a commit.
    """
    yield request.app.state.units


def status_code(error: CaseTrackerError) -> int:
    """Return the HTTP status of an error, here and nowhere else.

    422 for a value that no case can have, 404 for a missing case, 409 for every conflict,
    503 for the rest: the client may try again.
    """
    match error:
        case InvalidValueError():
            return 422
        case CaseNotFoundError():
            return 404
        case (
            CaseAlreadyExistsError()
            | InvalidTransitionError()
            | ConcurrentUpdateError()
            | ConstraintViolatedError()
        ):
            return 409
        case _:
            return 503


def open_command(units: UnitsOfWork, case_id: str, title: str) -> str:
    """Open a case through the same service as the API; return the line to print.

    It reads `CASE-001 DRAFT Late report`.

    Raises:
        CaseTrackerError: the case cannot be opened; the message is for the person who typed.
    """
    return _line(open_case(units, CaseId(case_id), title))


def _line(case: Case) -> str:
    return f"{case.id.value} {case.status.value} {case.title}"
