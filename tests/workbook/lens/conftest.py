"""What tests of the lens share: the database of the scenarios, and the one of the films."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from bench.scenarios import fill
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import Base
from workbook.lens import hooks, watch


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a new file with 10 cases."""
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def wal_engine(tmp_path: Path) -> Iterator[Engine]:
    """The app's engine on an SQLite file of its own, with the tables of cases and notes."""
    engine = build_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def no_other_threads():
    """Forget the threads of other tests: listeners stay while one of those may be heard again."""
    for shared in (hooks.HOOKS, watch._HOOKS):
        shared._heard.clear()
        nothing = {}
        shared.join(nothing)
        shared.leave(nothing)  # what an earlier test could not take away goes now
