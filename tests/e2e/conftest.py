"""The API on each store, sync and async, as its clients see it."""

from contextlib import ExitStack, contextmanager

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient

from case_tracker.bootstrap import build_async_units, build_units
from case_tracker.entrypoints.api.app import create_app

STORES = ["memory", "sqlite", "postgresql", "asyncpg"]


@pytest.fixture(params=[*STORES, pytest.param("aiosqlite", marks=pytest.mark.thorough)])
def serve(request):
    """Starts the API on an empty store, once for each adapter, and returns a client."""
    driver = request.param
    url = "memory:" if driver == "memory" else request.getfixturevalue(f"{driver}_url")
    start = awaiting if driver in {"aiosqlite", "asyncpg"} else waiting
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(start(url, options))


@contextmanager
def waiting(url, options):
    """Start it on sync units of work."""
    units = build_units(url)
    with TestClient(create_app(units, **options), raise_server_exceptions=False) as client:
        yield client
    units.close()


@contextmanager
def awaiting(url, options):
    """Start it on async ones; the app closes them."""
    with start_blocking_portal() as portal:
        units = portal.call(build_async_units, url)
    with TestClient(create_app(units, **options), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(serve):
    """A client of the API that has one case, CASE-001 at version 1."""
    client = serve(require_if_match=True)
    client.post("/cases", json={"id": "CASE-001", "title": "Late report"})
    return client
