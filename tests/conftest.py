"""What all tests of the project share: which of them run by default, and their databases."""

import shutil

import pytest

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.schema import SqlSchema


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --thorough."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is marked thorough, unless it was asked for."""
    if config.getoption("--thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A SQLite file whose tables the migrations made, once for each process: to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "cases.db"
    schema = SqlSchema(build_engine(f"sqlite:///{path}"))
    schema.upgrade()
    schema.close()
    return path


@pytest.fixture
def sqlite_url(migrated, tmp_path):
    """The URL of a SQLite database of this test's own: the app's tables, no rows."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path)}"
