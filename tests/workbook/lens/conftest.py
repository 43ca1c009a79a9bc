"""Where the films find a PostgreSQL, as long as the tests have no server of their own."""

import os

import pytest


@pytest.fixture
def postgres_url():
    """The URL of an empty database that the environment names."""
    url = os.environ.get("WORKBOOK_POSTGRES_URL")
    return url or pytest.skip("WORKBOOK_POSTGRES_URL names no PostgreSQL")
