"""The adapters under contract: every test in this folder runs once on each of them."""

import pytest
from anyio.from_thread import start_blocking_portal

from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository
from case_tracker.adapters.sql.units import SqlUnitOfWork, SqlUnitsOfWork
from case_tracker.bootstrap import build_async_units, build_units
from tests.contract.awaited import UseCasesInside, WrittenByHand

ADAPTERS = ["memory", "sqlite", "postgresql", "aiosqlite", "asyncpg"]
REPOSITORIES = ["plain-sqlite", "plain-postgresql", "written-aiosqlite", "written-asyncpg"]
THOROUGH = {"plain-postgresql"}


class PlainUnitOfWork(SqlUnitOfWork):
    """A unit of work with the repository of lesson 02, which knows no deleted cases."""

    def __enter__(self):
        super().__enter__()
        self.cases = SqlAlchemyCaseRepository(self.session)
        return self


class PlainUnits(SqlUnitsOfWork):
    """Makes such units."""

    def read(self):
        return PlainUnitOfWork(self._read)

    def write(self):
        return PlainUnitOfWork(self._write)


def pytest_generate_tests(metafunc):
    """Ask all adapters; ask the repositories that the application does not run on, too."""
    if "units" not in metafunc.fixturenames:
        return
    more = REPOSITORIES if metafunc.definition.path.stem == "test_repository" else []
    if metafunc.definition.get_closest_marker("removes"):
        more = [name for name in more if not name.startswith("plain")]
    slow = pytest.mark.thorough
    adapters = [
        pytest.param(name, marks=slow) if name in THOROUGH else name for name in ADAPTERS + more
    ]
    metafunc.parametrize("units", adapters, indirect=True)


@pytest.fixture
def units(request):
    """Units of work on an empty store, once for each adapter."""
    kind, _, driver = request.param.rpartition("-")
    url = "memory:" if driver == "memory" else request.getfixturevalue(f"{driver}_url")
    if driver in {"aiosqlite", "asyncpg"}:
        with start_blocking_portal() as portal:
            units = portal.call(build_async_units, url)
            yield (WrittenByHand if kind else UseCasesInside)(portal, units)
            portal.call(units.close)
    else:
        units = build_units(url)
        yield PlainUnits(units._engine) if kind else units
        units.close()
