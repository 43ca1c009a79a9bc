"""The routes on an async engine: every endpoint is awaited, and none takes a thread.

The case and the page of cases are read by coroutines. Every other endpoint is that of `routes`,
its use case run inside the event loop. No commit stands here: the services own the transaction.
"""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from case_tracker.domain.case import CaseId
from case_tracker.entrypoints.api import health, routes
from case_tracker.entrypoints.api.async_wiring import Units
from case_tracker.entrypoints.api.documents import IdOfPath, IdOfQuery
from case_tracker.entrypoints.api.schemas import CasePageResponse, CaseResponse
from case_tracker.services.read_cases import CasePage, check_page

Endpoint = Callable[..., Any]


async def get_case(units: Units, case_id: IdOfPath, response: Response) -> CaseResponse:
    """Show one case."""
    async with units.read() as unit:
        case = await unit.cases.get(CaseId(case_id))
    return routes.tagged(response, case)


async def get_cases(
    units: Units,
    request: Request,
    status: routes.Status = None,
    limit: routes.Limit = 20,
    offset: routes.Offset = 0,
    after: IdOfQuery = None,
) -> CasePageResponse:
    """List cases by id, a page at a time. `next` leads on, at the same cost on every page."""
    behind = None if after is None else CaseId(after)
    check_page(limit, offset, behind)
    async with units.read() as unit:
        cases = await unit.cases.list(status, limit=limit + 1, offset=offset, after=behind)
        total = await unit.cases.count(status)
    page = CasePage.cut(cases, total, limit)
    return CasePageResponse.of(page, routes.next_page(request, page.next_after))


BY_HAND: dict[Endpoint, Endpoint] = {routes.get_case: get_case, routes.get_cases: get_cases}


def async_router() -> APIRouter:
    """Return all routes of the API, with the same paths, answers and documentation."""
    router = APIRouter()
    for route in (*routes.router.routes, *health.router.routes):
        assert isinstance(route, APIRoute)  # noqa: S101 - our routers hold nothing else
        router.add_api_route(
            route.path,
            BY_HAND.get(route.endpoint) or _awaited(route.endpoint),
            methods=sorted(route.methods or ()),
            status_code=route.status_code,
            responses=route.responses,
            tags=route.tags,
        )
    return router


def _awaited(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that is awaited: it runs the sync one as `AsyncUnits.run` does."""
    if inspect.iscoroutinefunction(endpoint):
        return endpoint
    signature = inspect.signature(endpoint)
    takes_units = "units" in signature.parameters

    async def awaited(*, units: Units, **request: Any) -> Any:
        if takes_units:
            return await units.run(lambda inside: endpoint(units=inside, **request))
        return await units.run(lambda _: endpoint(**request))

    awaited.__signature__ = _asking_for_async_units(signature)  # type: ignore[attr-defined] # FastAPI reads it
    awaited.__name__ = endpoint.__name__
    awaited.__doc__ = endpoint.__doc__
    return awaited


def _asking_for_async_units(signature: inspect.Signature) -> inspect.Signature:
    by_name = inspect.Parameter.KEYWORD_ONLY
    kept = [p.replace(kind=by_name) for name, p in signature.parameters.items() if name != "units"]
    units = inspect.Parameter("units", by_name, annotation=Units)
    return signature.replace(parameters=[units, *kept])
