"""ASGI middleware for development: what each request cost the database, and a warning per N+1.

Never changes a body or a status, and never belongs in production: it reads the stack each time.

    app = DatabaseTiming(create_app(units))

The header is sent with the start of the response, so it tells what was sent until then; the
warnings come at the end and know everything. Server-Timing is a W3C header that the network panel
of a browser draws: `Server-Timing: db;desc="3 statements";dur=1.9`.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from workbook.lens.nplusone import NPlusOne

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOGGER = logging.getLogger(__name__)


class DatabaseTiming:
    """Wraps an ASGI application. Requests that run at the same time do not see each other.

    Without engines it counts all of them. `allow` names what may be loaded row by row.
    """

    def __init__(
        self, app: App, *engines: "Engine | AsyncEngine", allow: Iterable[str] = ()
    ) -> None:
        self._app, self._engines, self._allow = app, engines, frozenset(allow)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and count what it sends to the database."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = NPlusOne(*self._engines, only_here=True)

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"server-timing", _timing(watch).encode("ascii"))
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            with watch:
                await self._app(scope, receive, timed)
        finally:
            self._warn(f"{scope['method']} {scope['path']}", watch)

    def _warn(self, request: str, watch: NPlusOne) -> None:
        for finding in watch.findings:
            if finding.name not in self._allow:
                LOGGER.warning("%s: %s", request, finding)


def _timing(watch: NPlusOne) -> str:
    statements = watch.statements
    spent_ms = 1000 * sum(statement.duration_s or 0 for statement in statements)
    noun = "statement" if len(statements) == 1 else "statements"
    return f'db;desc="{len(statements)} {noun}";dur={spent_ms:.1f}'
