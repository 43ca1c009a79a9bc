"""Cases in a SQL database, for code that awaits. Hides the AsyncSession, and never commits."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_tracker.adapters.sql.mapping import to_domain, to_record, update_record
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.queries import cases_with_notes
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.adapters.sql.versioning import advance
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.clock import utc_now
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus


class AsyncCaseRepository:
    """The living cases that one AsyncSession sees. Whoever opened the session ends it.

    Every query loads the notes itself and seals the rest: where an attribute would send SQL, there
    is nobody to await it.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, case_id: CaseId) -> Case:
        """Return the case, its notes oldest first. Emits at most 2 SELECTs.

        Raises:
            CaseNotFoundError: no living case has this id.
        """
        return to_domain(await self._record(case_id))

    async def list(
        self,
        status: CaseStatus | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        after: CaseId | None = None,
    ) -> list[Case]:
        """Return at most `limit` cases, ordered by id, behind `after`. Emits at most 2 SELECTs."""
        query = cases_with_notes().where(alive(CaseRecord)).order_by(CaseRecord.id)
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        if after is not None:
            query = query.where(CaseRecord.id > after.value)
        records = await self._session.scalars(query.limit(limit).offset(offset))
        return [to_domain(record) for record in records]

    async def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, in this status if one is given. Emits 1 SELECT."""
        query = select(func.count()).select_from(CaseRecord).where(alive(CaseRecord))
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        return (await self._session.scalars(query)).one()

    async def add(self, case: Case) -> None:
        """Stage a new case and its notes. Sends nothing: the flush does, at the next query."""
        self._session.add(to_record(case))

    async def save(self, case: Case) -> None:
        """Stage the changed title and status and the notes that are new. Emits at most 2 SELECTs.

        Raises:
            CaseNotFoundError: no living case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        update_record(await self._record(case.id), case)

    async def remove(self, case: Case) -> None:
        """Stage the deletion: the row stays, out of sight. Emits at most 2 SELECTs.

        Raises:
            CaseNotFoundError: no living case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        record = await self._record(case.id)
        advance(record, case)
        record.deleted_at = utc_now()

    async def _record(self, case_id: CaseId) -> CaseRecord:
        query = cases_with_notes().where(CaseRecord.id == case_id.value, alive(CaseRecord))
        record = (await self._session.scalars(query)).one_or_none()
        if record is None:
            raise CaseNotFoundError(case_id)
        return record
