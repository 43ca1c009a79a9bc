"""No text at all: select() binds each value, and its columns bring their types along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.mapping import to_domain
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.queries import cases_with_notes
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.domain.case import Case
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.reports import ReportLine

NOTES = func.count(CaseNoteRecord.id)
LAST_NOTE = func.max(CaseNoteRecord.created_at)
ORDERS: dict[str, ColumnElement[object]] = {
    "id": CaseRecord.id.asc(),
    "title": CaseRecord.title.asc(),
    "notes": NOTES.desc(),
    "last_note": LAST_NOTE.desc().nulls_last(),
}


class SqlReports:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, words: str, *, sort: str = "id", limit: int = 20) -> Sequence[ReportLine]:
        try:
            order = ORDERS[sort]
        except KeyError:
            raise InvalidValueError("sort", sort, f"is one of {', '.join(ORDERS)}") from None
        query = (
            select(CaseRecord.id, CaseRecord.title, CaseRecord.status, NOTES, LAST_NOTE)
            .outerjoin(CaseNoteRecord)
            .where(alive(CaseRecord), CaseRecord.title.icontains(words, autoescape=True))
            .group_by(CaseRecord.id)
            .order_by(order, CaseRecord.id)
            .limit(limit)
        )
        rows = self._session.execute(query)
        return [ReportLine(id_, title, CaseStatus(at), n, last) for id_, title, at, n, last in rows]

    def stale(self, since: datetime) -> Sequence[Case]:
        fresh = CaseRecord.notes.any(CaseNoteRecord.created_at >= since)
        query = cases_with_notes().where(alive(CaseRecord), ~fresh)
        query = query.where(CaseRecord.status != CaseStatus.CLOSED.value).order_by(CaseRecord.id)
        return [to_domain(record) for record in self._session.scalars(query)]
