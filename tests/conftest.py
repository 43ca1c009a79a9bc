"""What all tests of the project share: which of them run, their databases, and the N+1 guard.

The guard never looks at a test of the tool: those show N+1 on purpose.
"""

import os
import secrets
import shutil
import signal
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.postgresql import build_postgresql_engine
from case_tracker.adapters.sql.schema import SqlSchema
from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.server import private_server

TEMPLATE = "template"
MISSING = " is missing: "
GUARDED = {"contract", "integration", "e2e"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --thorough."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough, too")


def pytest_configure() -> None:
    """Hear Ctrl-C, and let children hear it: what a shell starts in the background does not."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
def give_up():
    """Ends a test that lacks something, with the reason: skipped, but failed on CI."""
    return pytest.fail if os.environ.get("CI") == "true" else pytest.skip


@pytest.fixture(scope="session")
def postgres_server(give_up):
    """A private PostgreSQL, one for each process that runs tests, with a database to copy."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server())
        except PostgresUnavailableError as error:
            give_up(f"PostgreSQL{MISSING}{error}")
        schema = SqlSchema(build_postgresql_engine(server.create_database(TEMPLATE)))
        schema.upgrade()
        schema.close()
        yield server


@pytest.fixture
def browser(give_up):
    """A headless Chromium of this test's own."""
    from tests.browser import BrowserMissingError, open_browser  # the wheel has no such file

    with ExitStack() as stack:
        try:
            browser = stack.enter_context(open_browser())
        except BrowserMissingError as error:
            give_up(f"A browser{MISSING}{error}")
        yield browser


@pytest.fixture
def violations(give_up):
    """What axe calls serious or critical: a function of a page."""
    from tests.browser import axe, violations
    from workbook.site.npm import NpmError

    try:
        axe()
    except NpmError as error:
        give_up(f"axe{MISSING}{error}")
    return violations


@pytest.fixture
def postgresql_url(postgres_url):
    """The same under the name of the dialect."""
    return postgres_url


@pytest.fixture
def asyncpg_url(postgres_url):
    """The URL of such a database for the async driver."""
    return postgres_url.replace("+psycopg", "+asyncpg")


@pytest.fixture
def aiosqlite_url(sqlite_url):
    """The URL of a SQLite database of this test's own for the async driver."""
    return sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")


@pytest.fixture
def postgres_url(postgres_server):
    """The URL of a database of this test's own, with the app's tables and no rows."""
    name = f"test_{secrets.token_hex(4)}"
    yield postgres_server.create_database(name, template=TEMPLATE)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """The URL of a database without rows, once for each kind of database."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_url(request):
    """The URL of an empty store, once for each adapter."""
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    return request.getfixturevalue(names[request.param]) if request.param in names else "memory:"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was not tested, and what to install: a skip is easily overlooked."""
    skipped = terminalreporter.getreports("skipped")
    reasons = [str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)]
    missing = [reason.removeprefix("Skipped: ") for reason in reasons if MISSING in reason]
    for reason, count in Counter(missing).items():
        what, _, remedy = reason.partition(MISSING)
        line = f"{count} tests did not run: {what}{MISSING.rstrip(': ')}. {remedy}"
        terminalreporter.write_line(line, yellow=True, bold=True)


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
