"""The API on each store, as its clients see it."""

import pytest
from fastapi.testclient import TestClient

from case_tracker.bootstrap import build_units
from case_tracker.entrypoints.api.app import create_app


@pytest.fixture
def serve(store_url):
    """Starts the API on an empty store, once for each adapter, and returns a client."""
    units = build_units(store_url)
    yield lambda **options: TestClient(create_app(units, **options), raise_server_exceptions=False)
    units.close()


@pytest.fixture
def client(serve):
    """A client of the API that has one case, CASE-001 at version 1."""
    client = serve(require_if_match=True)
    client.post("/cases", json={"id": "CASE-001", "title": "Late report"})
    return client
