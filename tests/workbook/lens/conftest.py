"""What tests of the detector share: the database of the scenarios."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from bench.scenarios import fill


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a new file with 10 cases."""
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    fill(engine)
    yield engine
    engine.dispose()
