"""What all tests of the project share: which of them run, their databases, and the N+1 guard.

The guard never looks at a test of the tool: those show N+1 on purpose.
"""

import os
import secrets
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from case_tracker.adapters.sql.postgresql import build_postgresql_engine
from case_tracker.adapters.sql.tables import METADATA
from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.server import private_server

TEMPLATE = "template"
MISSING = "PostgreSQL is missing: "
GUARDED = {"contract", "integration", "e2e"}


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail each test of the app that loads row by row, unless it says `shows_n_plus_one(why)`."""
    if item.path.parent.name not in GUARDED or item.get_closest_marker("shows_n_plus_one"):
        return (yield)
    from workbook.lens.nplusone import NPlusOne

    with NPlusOne() as watch:
        result = yield
    watch.check()
    return result


@pytest.fixture(scope="session")
def postgres_server():
    """A private PostgreSQL, one for each process that runs tests, with a database to copy."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server())
        except PostgresUnavailableError as error:
            give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            give_up(MISSING + str(error))
        engine = build_postgresql_engine(server.create_database(TEMPLATE))
        METADATA.create_all(engine)
        engine.dispose()
        yield server


@pytest.fixture
def postgres_url(postgres_server):
    """The URL of a database of this test's own, with the app's tables and no rows."""
    name = f"test_{secrets.token_hex(4)}"
    yield postgres_server.create_database(name, template=TEMPLATE)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The URL of an empty database, once for each kind of database."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'cases.db'}"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_url(request, tmp_path):
    """The URL of an empty store, once for each adapter."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'cases.db'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line that PostgreSQL was not tested: a skip is easily overlooked."""
    skipped = terminalreporter.getreports("skipped")
    reasons = [str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)]
    missing = [reason for reason in reasons if MISSING in reason]
    if missing:
        reason = missing[0].partition(MISSING)[2]
        line = f"{len(missing)} tests did not run: PostgreSQL is missing. {reason}"
        terminalreporter.write_line(line, yellow=True, bold=True)
