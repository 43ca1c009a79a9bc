"""The databases of the films."""

import os

import pytest

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import Base


@pytest.fixture
def wal_engine(tmp_path):
    """The app's engine on an SQLite file of its own, with the tables of cases and notes."""
    engine = build_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_url():
    """The URL of an empty database that the environment names."""
    url = os.environ.get("WORKBOOK_POSTGRES_URL")
    return url or pytest.skip("WORKBOOK_POSTGRES_URL names no PostgreSQL")
