"""Every read is a select(), the way of a reader who prefers one tool."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.mapping import note_to_record, to_domain, to_record
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus


class SqlAlchemyCaseRepository:
    """The cases that one Session sees."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _record(self, case_id: CaseId) -> CaseRecord:
        query = select(CaseRecord).where(CaseRecord.id == case_id.value)
        record = self._session.scalars(query).one_or_none()
        if record is None:
            raise CaseNotFoundError(case_id)
        return record

    def get(self, case_id: CaseId) -> Case:
        return to_domain(self._record(case_id))

    def add(self, case: Case) -> None:
        self._session.add(to_record(case))
        self._session.flush()

    def save(self, case: Case) -> None:
        record = self._record(case.id)
        record.title, record.status = case.title, case.status.value
        for note in case.notes[len(record.notes) :]:
            record.notes.append(note_to_record(note))

    def _where(self, query, status: CaseStatus | None):
        return query if status is None else query.where(CaseRecord.status == status.value)

    def list(
        self, status: CaseStatus | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Case]:
        query = self._where(select(CaseRecord), status).order_by(CaseRecord.id)
        page = self._session.scalars(query.slice(offset, offset + limit))
        return [to_domain(record) for record in page.all()]

    def count(self, status: CaseStatus | None = None) -> int:
        return self._session.scalar(self._where(select(func.count(CaseRecord.id)), status)) or 0
