"""The adapters under contract: every test in this folder runs once on each of them."""

import pytest

from case_tracker.bootstrap import build_units


@pytest.fixture
def units(store_url):
    """Units of work on an empty store, once for each adapter."""
    units = build_units(store_url)
    yield units
    units.close()
