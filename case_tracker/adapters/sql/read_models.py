"""Pages of cases, read as columns. No record is built, so nothing here can be saved by mistake."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVarTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.domain.case import CaseId, Note
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView

Columns = TypeVarTuple("Columns")


class SqlCasePages:
    """Cases, a page at a time. A page is 2 SELECTs, however many cases it has."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self,
        status: CaseStatus | None = None,
        *,
        limit: int = 100,
        offset: int = 0,
        after: CaseId | None = None,
    ) -> list[CaseView]:
        """Return at most `limit` cases with their notes, ordered by id. Emits at most 2 SELECTs."""
        query = _page(status).limit(limit).offset(offset)
        if after is not None:
            query = query.where(CaseRecord.id > after.value)
        rows = self._session.execute(query).all()
        notes = self._notes([row.id for row in rows])
        return [_view(row, notes.get(row.id, ())) for row in rows]

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have. Emits 1 SELECT."""
        query = _living(select(func.count()).select_from(CaseRecord), status)
        return self._session.scalars(query).one()

    def _notes(self, case_ids: list[str]) -> dict[str, list[Note]]:
        if not case_ids:
            return {}
        query = (
            select(CaseNoteRecord.case_id, CaseNoteRecord.text, CaseNoteRecord.created_at)
            .where(CaseNoteRecord.case_id.in_(case_ids))
            .order_by(CaseNoteRecord.id)
        )
        notes = defaultdict[str, list[Note]](list)
        for case_id, text, written_at in self._session.execute(query):
            notes[case_id].append(Note(text, written_at))
        return notes


def _page(status: CaseStatus | None) -> Select[str, str, str, int, str | None]:
    query = select(
        CaseRecord.id,
        CaseRecord.title,
        CaseRecord.status,
        CaseRecord.version,
        CaseRecord.reference,
    )
    return _living(query, status).order_by(CaseRecord.id)


def _living(query: Select[*Columns], status: CaseStatus | None) -> Select[*Columns]:
    query = query.where(alive(CaseRecord))
    return query if status is None else query.where(CaseRecord.status == status.value)


def _view(row: Row[str, str, str, int, str | None], notes: Sequence[Note]) -> CaseView:
    case_id, title, status, version, reference = row
    return CaseView(case_id, title, CaseStatus(status), version, reference, tuple(notes))
