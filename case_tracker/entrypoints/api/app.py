"""The HTTP application. Built by a function: importing this module starts nothing."""

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer

from case_tracker.entrypoints.api import health, routes
from case_tracker.entrypoints.api.async_routes import async_router
from case_tracker.entrypoints.api.async_wiring import AsyncUnits, connect_async
from case_tracker.entrypoints.api.etag import require_if_match as decide_if_match
from case_tracker.entrypoints.api.health import Check, watch
from case_tracker.entrypoints.api.middleware import BearerTokens, RequestIds
from case_tracker.entrypoints.api.refusals import answer_refusals
from case_tracker.entrypoints.api.tokens import Tokens
from case_tracker.entrypoints.wiring import connect
from case_tracker.ports.unit_of_work import UnitsOfWork


def create_app(
    units: UnitsOfWork | AsyncUnits,
    *,
    require_if_match: bool = False,
    tokens: Tokens | None = None,
    check: Check | None = None,
) -> FastAPI:
    """Return the API on these units of work. Every error of the domain is answered in one place.

    On async units every endpoint is awaited, and the app closes them when it stops; on sync ones
    each request has a thread, and whoever made them closes them. Nobody else sees a difference.

    With `require_if_match` a command has to say which version it has seen, with `tokens` every
    request has to say who sends it. `check` is what /readyz asks: see `health.watch`.
    """
    # For the document only, which tells clients what to send: the middleware is who looks.
    documented = [Security(HTTPBearer(auto_error=False))] if tokens is not None else []
    app = FastAPI(title="Case Tracker", dependencies=documented)
    if isinstance(units, AsyncUnits):
        connect_async(app, units)
        app.include_router(async_router())
        watch(app, units.inside, check)
    else:
        connect(app, units)
        app.include_router(routes.router)
        app.include_router(health.router)
        watch(app, units, check)
    decide_if_match(app, required=require_if_match)
    answer_refusals(app)
    if tokens is not None:
        app.add_middleware(BearerTokens, tokens=tokens)
    app.add_middleware(RequestIds)  # added last, so it comes first
    return app
