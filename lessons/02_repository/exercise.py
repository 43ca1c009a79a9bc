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
        # TODO 2.2: load the record by its primary key; raise CaseNotFoundError when there is
        #   none
        raise NotImplementedError("TODO 2.2")

    def add(self, case: Case) -> None:
        """Stage a new case and its notes. Stores nothing: the caller commits.

        An id that is taken is refused by an error, here or at the latest by the commit.
        """
        # TODO 2.1: the case must wait in the Session until the caller commits
        self._session.add(to_record(case))
        self._session.commit()

    def save(self, case: Case) -> None:
        """Stage the changed title and status and the notes that are new.

        Raises:
            CaseNotFoundError: no row has this id.
        """
        # TODO 2.4: carry the changes over to the record that the Session tracks
        raise NotImplementedError("TODO 2.4")

    def count(self, status: CaseStatus | None = None) -> int:
        """Return how many cases there are, in this status if one is given. Emits 1 SELECT."""
        # TODO 2.5: ask the database how many there are
        return len(self.list(status))

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Return at most `limit` cases, ordered by id, after skipping `offset` of them.

        The database filters, orders and cuts: rows outside the page are never loaded.
        """
        # TODO 2.3: let the database filter, order and cut the page
        cases = [to_domain(record) for record in self._session.scalars(cases_with_notes())]
        matching = [case for case in cases if status in (None, case.status)]
        return matching[offset : offset + limit]
