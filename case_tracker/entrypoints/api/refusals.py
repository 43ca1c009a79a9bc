"""Which error becomes which answer. Never decides the status of an error of the domain: wiring."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from case_tracker.domain.errors import (
    CaseTrackerError,
    CommitOutcomeUnknownError,
    ConcurrentUpdateError,
)
from case_tracker.entrypoints.api.etag import names_a_version
from case_tracker.entrypoints.api.problems import RefusedError, problem
from case_tracker.entrypoints.wiring import status_code


def answer_refusals(app: FastAPI) -> None:
    """Answer every error of this application as a problem."""
    app.add_exception_handler(CaseTrackerError, _refused_by_the_domain)
    app.add_exception_handler(RefusedError, _refused_by_http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _crashed)


def _refused_by_the_domain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CaseTrackerError)  # noqa: S101 - registered for nothing else
    return problem(request, _status(request, error), str(error), error=error)


def _status(request: Request, error: CaseTrackerError) -> int:
    if isinstance(error, CommitOutcomeUnknownError):
        # Not 503: clients and proxies send such a request again, and here that may do it twice.
        return 500
    if isinstance(error, ConcurrentUpdateError) and names_a_version(request):
        return 412
    return status_code(error)


def _refused_by_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)  # noqa: S101 - registered for nothing else
    return problem(request, error.status, error.detail)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    errors = [
        {"where": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['message']}" for one in errors)
    return problem(request, 422, detail, errors=errors)


def _no_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    answer = problem(request, error.status_code, error.detail)
    answer.headers.update(error.headers or {})  # 405 names what is allowed
    return answer


def _crashed(request: Request, _error: Exception) -> JSONResponse:
    return problem(request, 500, "something broke in the server; its log has the request id")
