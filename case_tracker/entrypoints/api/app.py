"""The HTTP application. Built by a function: importing this module starts nothing."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from case_tracker.domain.errors import CaseTrackerError, CommitOutcomeUnknownError
from case_tracker.entrypoints.api.routes import router
from case_tracker.entrypoints.wiring import connect, status_code
from case_tracker.ports.unit_of_work import UnitsOfWork


def create_app(units: UnitsOfWork) -> FastAPI:
    """Return the API on these units of work. Every error of the domain is answered in one place."""
    app = FastAPI(title="Case Tracker")
    connect(app, units)
    app.include_router(router)
    app.add_exception_handler(CaseTrackerError, _answer)
    app.add_exception_handler(CommitOutcomeUnknownError, _answer_unknown)
    return app


def _answer(_request: Request, error: Exception) -> JSONResponse:
    code = status_code(error) if isinstance(error, CaseTrackerError) else 500
    return JSONResponse({"detail": str(error)}, status_code=code)


def _answer_unknown(_request: Request, error: Exception) -> JSONResponse:
    # Not 503: clients and proxies send such a request again, and here that may do it twice.
    return JSONResponse({"detail": str(error)}, status_code=500)
