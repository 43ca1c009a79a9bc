"""One AsyncSession, one transaction, for code that awaits. Never commits by itself."""

import asyncio
from types import TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from case_tracker.adapters.sql.errors import (
    DATABASE_ERRORS,
    translate,
    translate_commit,
    translated_errors,
)
from case_tracker.adapters.sql_async.repository import AsyncCaseRepository


class AsyncSqlUnitOfWork:
    """What happens inside one `async with` block is stored by commit(), all of it, or not at all.

    It is used by one task, and it speaks the errors of the domain.
    """

    session: AsyncSession
    cases: AsyncCaseRepository

    def __init__(self, session_factory: async_sessionmaker[AsyncSession]) -> None:
        self._session_factory = session_factory

    async def __aenter__(self) -> Self:
        """Open a new AsyncSession, and the repository that works in it."""
        self.session = self._session_factory()
        self.cases = AsyncCaseRepository(self.session)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard what was not committed; a database error leaves as an error of the domain."""
        # Shielded: a task that is cancelled twice would leave its connection to nobody.
        await asyncio.shield(self.session.close())
        if isinstance(exc, DATABASE_ERRORS) and (translated := translate(exc)):
            raise translated from exc

    async def commit(self) -> None:
        """Store everything this unit did.

        Raises:
            CommitOutcomeUnknownError: the connection broke during COMMIT.
            CaseTrackerError: the database refused it; nothing of this unit was stored.
        """
        with translated_errors(translate_commit):
            await self.session.commit()

    async def rollback(self) -> None:
        """Discard everything that was not committed."""
        await self.session.rollback()
