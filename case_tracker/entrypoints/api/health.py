"""Is the process alive, and can it work? Never says more than that."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from case_tracker.entrypoints.api.problems import documented
from case_tracker.ports.unit_of_work import UnitsOfWork

router = APIRouter(tags=["health"])
Check = Callable[[], Any]


def watch(app: FastAPI, units: UnitsOfWork, check: Check | None) -> None:
    """Let /readyz call `check`, which raises an error of the domain when the database is not fit.

    Without one, it opens a reading unit: the database answers, whatever its tables are.
    """
    app.state.check = check or (lambda: _look(units))


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process is alive. Restart it when it does not answer."""
    return {"status": "alive"}


@router.get("/readyz", responses=documented(503))
def readyz(request: Request) -> dict[str, str]:
    """Say that the database is reached and its tables are current. Send no work before."""
    request.app.state.check()
    return {"status": "ready"}


def _look(units: UnitsOfWork) -> None:
    with units.read() as unit:
        unit.pages.page(limit=1)
