"""The HTTP application. Built by a function: importing this module starts nothing."""

from fastapi import FastAPI

from case_tracker.entrypoints.api.etag import require_if_match as decide_if_match
from case_tracker.entrypoints.api.health import Check, watch
from case_tracker.entrypoints.api.middleware import BearerTokens, RequestIds
from case_tracker.entrypoints.api.refusals import answer_refusals
from case_tracker.entrypoints.api.routes import router
from case_tracker.entrypoints.api.tokens import Tokens
from case_tracker.entrypoints.wiring import connect
from case_tracker.ports.unit_of_work import UnitsOfWork


def create_app(
    units: UnitsOfWork,
    *,
    require_if_match: bool = False,
    tokens: Tokens | None = None,
    check: Check | None = None,
) -> FastAPI:
    """Return the API on these units of work. Every error of the domain is answered in one place.

    With `require_if_match` a command has to say which version it has seen, with `tokens` every
    request has to say who sends it. `check` is what /readyz asks: see `health.watch`.
    """
    app = FastAPI(title="Case Tracker")
    connect(app, units)
    decide_if_match(app, required=require_if_match)
    app.include_router(router)
    watch(app, units, check)
    answer_refusals(app)
    if tokens is not None:
        app.add_middleware(BearerTokens, tokens=tokens)
    app.add_middleware(RequestIds)  # added last, so it comes first
    return app
