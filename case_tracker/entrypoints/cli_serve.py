"""`case-tracker serve`: the API on a socket. Never opens it to others without tokens."""

import asyncio
import ipaddress
import os
from collections.abc import Mapping

import click

from case_tracker.bootstrap import (
    MEMORY,
    build_async_units,
    build_schema,
    build_units,
    is_async,
)
from case_tracker.entrypoints.api.app import create_app
from case_tracker.entrypoints.api.async_wiring import AsyncUnits
from case_tracker.entrypoints.api.health import Check
from case_tracker.entrypoints.api.tokens import SETTING, Tokens
from case_tracker.ports.unit_of_work import UnitsOfWork


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 takes a free one.",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int) -> None:
    """Answer HTTP requests until Ctrl-C. Example: case-tracker serve --port 8080.

    With an async driver in the URL (sqlite+aiosqlite, postgresql+asyncpg) no request takes a
    thread.

    CASE_TRACKER_API_TOKENS="ann:secret1,bob:secret2" makes every request need a bearer token;
    its name stands in the history. An address that others can reach needs it.
    """
    import uvicorn  # noqa: PLC0415 - the other commands do not wait for it

    tokens = allowed_tokens(host, os.environ)
    units, check = _units(ctx)
    app = create_app(units, require_if_match=True, tokens=tokens, check=check)
    uvicorn.run(app, host=host, port=port, server_header=False)


def _units(ctx: click.Context) -> tuple[UnitsOfWork | AsyncUnits, Check | None]:
    """Return the units of work, async ones for an async driver, and what /readyz asks."""
    if is_async(ctx.obj):
        units = asyncio.run(build_async_units(ctx.obj))
        return units, units.schema.check
    sync_units = build_units(ctx.obj)
    ctx.call_on_close(sync_units.close)
    if ctx.obj == MEMORY:
        return sync_units, None
    schema = build_schema(ctx.obj)
    ctx.call_on_close(schema.close)
    return sync_units, schema.check


def allowed_tokens(host: str, environ: Mapping[str, str]) -> Tokens | None:
    """Return the tokens of the setting; None without it, when nobody else can reach the host.

    Raises:
        InvalidValueError: the setting is malformed.
        UsageError: there is no setting, and others can reach the host.
    """
    if SETTING in environ:
        return Tokens.parse(environ[SETTING])
    if not _is_loopback(host):
        why = f"others can reach {host!r}, and without tokens everybody could change every case"
        raise click.UsageError(f"{why}; set {SETTING}=name:token, or use --host 127.0.0.1")
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name can lead anywhere, and elsewhere tomorrow
