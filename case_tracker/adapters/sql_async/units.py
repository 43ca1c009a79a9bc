"""The use cases of the application on an async engine. Never blocks the event loop."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_

from case_tracker.adapters.sql.postgresql import reading
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.adapters.sql.sqlite import BEGIN_OPTION
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.adapters.sql_async.engine import build_async_session_factory
from case_tracker.adapters.sql_async.unit_of_work import AsyncSqlUnitOfWork

P = ParamSpec("P")
T = TypeVar("T")


class UnitsInside(SqlUnitsOfWork):
    """The sync units of work, on an async engine. They work inside `run_sync` only."""

    def pause(self, seconds: float) -> None:
        """Wait; meanwhile the event loop serves others."""
        await_(asyncio.sleep(seconds))


class AsyncSqlUnits:
    """Runs use cases on one async engine, and makes units for code that awaits by itself.

    Safe to share between the tasks of one event loop.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.inside = UnitsInside(engine.sync_engine)
        self.schema = SqlSchema(engine.sync_engine)  # it works inside `run`, too
        one_state = engine
        if engine.dialect.name == "postgresql":
            one_state = AsyncEngine(reading(engine.sync_engine))
        self._read = build_async_session_factory(one_state)
        self._write = build_async_session_factory(
            engine, execution_options={BEGIN_OPTION: "IMMEDIATE"}
        )

    async def run(
        self, use_case: Callable[Concatenate[UnitsInside, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a use case of `services` with the units it needs; return or raise what it does.

        `await units.run(add_note, CaseId("CASE-001"), "called")`. The use case owns its
        transaction, its commit and its attempts, as it does without an event loop. A task that is
        cancelled while its COMMIT is on the way does not learn whether it was stored.
        """
        # This session stays empty. It leads into the greenlet in which sync code may wait; the
        # use case opens Sessions of its own there, a new one for each attempt.
        async with self._read() as session:
            return await session.run_sync(lambda _: use_case(self.inside, *args, **kwargs))

    def read(self) -> AsyncSqlUnitOfWork:
        """Return a new unit for looking. It sees one state and blocks nobody."""
        return AsyncSqlUnitOfWork(self._read)

    def write(self) -> AsyncSqlUnitOfWork:
        """Return a new unit for changing. On SQLite it takes the write lock when it begins."""
        return AsyncSqlUnitOfWork(self._write)

    async def close(self) -> None:
        """Close the connections that wait in the pool."""
        await self._engine.dispose()
