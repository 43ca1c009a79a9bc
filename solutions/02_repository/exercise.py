# Derived from case_tracker/adapters/sql/repository.py.
# Change it there, then run `workbook dev sync`.
"""Cases in a SQL database. Hides the Session from everybody else, and never commits."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.mapping import to_domain, to_record, update_record
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.queries import cases_with_notes
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus


class SqlAlchemyCaseRepository:
    """The cases that one Session sees. Whoever opened the Session ends it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, case_id: CaseId) -> Case:
        """Return the case, its notes oldest first. Emits at most 2 SELECTs.

        Raises:
            CaseNotFoundError: no row has this id.
        """
        record = self._session.get(CaseRecord, case_id.value)
        if record is None:
            raise CaseNotFoundError(case_id)
        return to_domain(record)

    def add(self, case: Case) -> None:
        """Stage a new case and its notes. Stores nothing: the caller commits.

        An id that is taken is refused by an error, here or at the latest by the commit.
        """
        self._session.add(to_record(case))

    def save(self, case: Case) -> None:
        """Stage the changed title and status and the notes that are new.

        Raises:
            CaseNotFoundError: no row has this id.
        """
        record = self._session.get(CaseRecord, case.id.value)
        if record is None:
            raise CaseNotFoundError(case.id)
        update_record(record, case)

    def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, in this status if one is given. Emits 1 SELECT."""
        query = select(func.count()).select_from(CaseRecord)
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        return self._session.scalars(query).one()

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Return at most `limit` cases, ordered by id, after skipping `offset` of them.

        The database filters, orders and cuts: rows outside the page are never loaded.
        """
        query = cases_with_notes().order_by(CaseRecord.id).limit(limit).offset(offset)
        if status is not None:
            query = query.where(CaseRecord.status == status.value)
        return [to_domain(record) for record in self._session.scalars(query)]
