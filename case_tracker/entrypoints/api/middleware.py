"""What happens to every request before a route sees it. Never reads or changes a body."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from case_tracker.domain.audit import Actor
from case_tracker.entrypoints.api.problems import REQUEST_ID, problem
from case_tracker.entrypoints.api.tokens import Tokens

ANONYMOUS = Actor("anonymous")
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Gives every request an id, the client's own if it is sane, and every answer the same one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        # Anything else could forge a line of a log.
        request_id = given if _SANE.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


class BearerTokens:
    """Lets in who brings a known token, and remembers the name it stands for."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] == "http":
            scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            actor = self._tokens.actor(token.strip()) if scheme.lower() == "bearer" else None
            if actor is None:
                detail = "send Authorization: Bearer with a token that this server knows"
                await problem(Request(scope), 401, detail)(scope, receive, send)
                return
            scope.setdefault("state", {})["actor"] = actor
        await self._app(scope, receive, send)


async def actor_of(request: Request) -> Actor:
    """Return on whose behalf the request is done."""
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    return actor
