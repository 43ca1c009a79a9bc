"""Nothing is kept in `app.state`: the application replaces the dependency by the factory."""

from fastapi import FastAPI

from case_tracker.domain.case import CaseId
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

CONFLICTS = (
    CaseAlreadyExistsError,
    InvalidTransitionError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
)


def connect(app: FastAPI, units: UnitsOfWork) -> None:
    app.dependency_overrides[units_of] = lambda: units


def units_of() -> UnitsOfWork:
    raise RuntimeError("call connect() before the first request")


def status_code(error: CaseTrackerError) -> int:
    if isinstance(error, InvalidValueError):
        return 422
    if isinstance(error, CaseNotFoundError):
        return 404
    return 409 if isinstance(error, CONFLICTS) else 503


def open_command(units: UnitsOfWork, case_id: str, title: str) -> str:
    case = open_case(units, CaseId(case_id), title)
    return f"{case.id.value} {case.status} {case.title}"
