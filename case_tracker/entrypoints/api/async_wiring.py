"""What the async API is handed, and where its endpoints find it. Never names a database.

The ports are sync, and so are the services. `run` leads a use case into the event loop, with its
transaction and its commit; `read` is for the endpoints that await a repository themselves.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from fastapi import Depends, FastAPI, Request

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.unit_of_work import UnitsOfWork

P = ParamSpec("P")
T = TypeVar("T")


class AsyncCases(Protocol):
    """The cases that one async unit of work sees. Each call promises what `CaseRepository` does."""

    async def get(self, case_id: CaseId) -> Case:
        """Return the case with its notes, oldest first."""
        ...

    async def list(
        self,
        status: CaseStatus | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        after: CaseId | None = None,
    ) -> Sequence[Case]:
        """Return at most `limit` cases with their notes, ordered by id, behind `after`."""
        ...

    async def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, without loading them."""
        ...


class AsyncUnit(Protocol):
    """An async unit of work, for looking."""

    @property
    def cases(self) -> AsyncCases:
        """The cases, as this transaction sees them."""
        ...


@runtime_checkable
class AsyncUnits(Protocol):
    """Units of work for one event loop, shared by all of its tasks."""

    @property
    def inside(self) -> UnitsOfWork:
        """The units that `run` hands over; of no use outside of it."""
        ...

    async def run(
        self, use_case: Callable[Concatenate[UnitsOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a use case with units of work; return or raise what it does."""
        ...

    def read(self) -> AbstractAsyncContextManager[AsyncUnit]:
        """Return a new unit for looking: it sees one state of the database and blocks nobody."""
        ...

    async def close(self) -> None:
        """Close the connections. Where it is awaited, they were opened: in the same event loop."""
        ...


def connect_async(app: FastAPI, units: AsyncUnits) -> None:
    """Keep the units at `app.state.async_units`, and close them when the server stops."""
    app.state.async_units = units
    app.router.lifespan_context = _closing


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.async_units.close()


async def async_units_of(request: Request) -> AsyncUnits:
    """Hand the units to the route."""
    units: AsyncUnits = request.app.state.async_units
    return units


Units = Annotated[AsyncUnits, Depends(async_units_of)]
