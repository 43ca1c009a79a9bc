"""The adapters under contract: every test in this folder runs once on each of them."""

import pytest

from case_tracker.bootstrap import build_units


@pytest.fixture(params=["memory", "sqlite"])
def units(request):
    """Units of work on an empty store, once for each adapter."""
    url = "memory:" if request.param == "memory" else request.getfixturevalue("sqlite_url")
    units = build_units(url)
    yield units
    units.close()
