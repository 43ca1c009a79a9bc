"""The repository that the application runs on: statements built once, each written for a version.

Never loads a record: it reads columns, and changes one case with one UPDATE. It keeps the promises
of `CaseRepository` as the plain ORM repository does, and it hides deleted cases.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.bulk import SqlCaseImport
from case_tracker.adapters.sql.mapping import to_record
from case_tracker.adapters.sql.read_models import SqlCasePages
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.adapters.sql.tables import CASES, NOTES
from case_tracker.adapters.sql.versioning import versioned_update, write_version
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.clock import utc_now
from case_tracker.domain.errors import CaseNotFoundError, ConcurrentUpdateError
from case_tracker.domain.status import CaseStatus

_SAVE = versioned_update(CASES, "title", "status").where(alive(CASES))
_REMOVE = versioned_update(CASES, "deleted_at").where(alive(CASES))
_GET = (
    select(
        CASES.c.title,
        CASES.c.status,
        CASES.c.reference,
        CASES.c.version,
        NOTES.c.text,
        NOTES.c.created_at,
    )
    .outerjoin_from(CASES, NOTES)
    .where(CASES.c.id == bindparam("id"), alive(CASES))
    .order_by(NOTES.c.id)
)
_COUNT_NOTES = select(func.count()).where(NOTES.c.case_id == bindparam("id"))
_IS_ALIVE = select(CASES.c.version).where(CASES.c.id == bindparam("id"), alive(CASES))


class SqlCaseStore:
    """The living cases that one Session sees."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._imports = SqlCaseImport(session)
        self._pages = SqlCasePages(session)
        self._stored_notes: dict[CaseId, int] = {}

    def get(self, case_id: CaseId) -> Case:
        """Return the case, its notes oldest first. Emits 1 SELECT.

        Raises:
            CaseNotFoundError: no living case has this id.
        """
        rows = self._session.execute(_GET, {"id": case_id.value}).all()
        if not rows:
            raise CaseNotFoundError(case_id)
        case = _case(case_id, rows)
        self._stored_notes[case_id] = len(case.notes)
        return case

    def add(self, case: Case) -> None:
        """Stage a new case and its notes: one INSERT for each row, at the next flush."""
        self._session.add(to_record(case))
        self._stored_notes[case.id] = len(case.notes)

    def save(self, case: Case) -> None:
        """Write the case and its new notes. Emits 1 UPDATE, and 1 INSERT if notes are new.

        Raises:
            CaseNotFoundError: no living case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        values = {"title": case.title, "status": case.status.value}
        if not write_version(self._session, _SAVE, case, **values):
            raise self._refusal(case.id)
        stored = self._stored_notes.get(case.id)
        if stored is None:  # the case was read in another unit
            stored = self._session.scalars(_COUNT_NOTES, {"id": case.id.value}).one()
        self._imports.add_notes(case, first=stored)
        self._stored_notes[case.id] = len(case.notes)

    def remove(self, case: Case) -> None:
        """Hide the case from every read; its rows and its history stay. Emits 1 UPDATE.

        Raises:
            CaseNotFoundError: no living case has this id.
            ConcurrentUpdateError: the stored case changed since `case` was read.
        """
        if not write_version(self._session, _REMOVE, case, deleted_at=utc_now()):
            raise self._refusal(case.id)

    def count(self, status: CaseStatus | None = None) -> int:
        """Return how many living cases there are. Emits 1 SELECT."""
        return self._pages.total(status)

    def _refusal(self, case_id: CaseId) -> CaseNotFoundError | ConcurrentUpdateError:
        version = self._session.scalars(_IS_ALIVE, {"id": case_id.value}).one_or_none()
        return CaseNotFoundError(case_id) if version is None else ConcurrentUpdateError(case_id)

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        """Return at most `limit` living cases, ordered by id. Emits at most 2 SELECTs."""
        page = self._pages.page(status, limit=limit, offset=offset)
        return [view.to_case() for view in page]


def _case(case_id: CaseId, rows: Sequence[Row[str, str, str | None, int, str, datetime]]) -> Case:
    title, status, reference, version, _, _ = rows[0]
    notes = [Note(text, at) for *_, text, at in rows if text is not None]
    return Case(case_id, title, CaseStatus(status), notes, reference, version=version)
