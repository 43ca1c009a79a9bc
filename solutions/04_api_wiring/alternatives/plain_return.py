"""A dependency without `yield`, and a table in place of `match`."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request

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
from case_tracker.services import open_case as service

STATUSES: dict[type[CaseTrackerError], HTTPStatus] = {
    InvalidValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    CaseNotFoundError: HTTPStatus.NOT_FOUND,
    CaseAlreadyExistsError: HTTPStatus.CONFLICT,
    InvalidTransitionError: HTTPStatus.CONFLICT,
    ConcurrentUpdateError: HTTPStatus.CONFLICT,
    ConstraintViolatedError: HTTPStatus.CONFLICT,
}


def connect(app: FastAPI, units: UnitsOfWork) -> None:
    app.state.units = units


async def units_of(request: Request) -> UnitsOfWork:
    return request.app.state.units


def status_code(error: CaseTrackerError) -> int:
    known = (STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    return next(known, HTTPStatus.SERVICE_UNAVAILABLE)


def open_command(units: UnitsOfWork, case_id: str, title: str) -> str:
    case = service.open_case(units, CaseId(case_id), title)
    return f"{case.id.value} {case.status.value} {case.title}"
