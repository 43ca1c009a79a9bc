"""One statement for each order, made once; each column and each parameter says its type."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, String, bindparam, column, text
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.adapters.sql.mapping import to_domain
from case_tracker.adapters.sql.queries import cases_with_notes
from case_tracker.domain.case import Case
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.reports import ReportLine

FIND = """
    WITH report AS (
        SELECT cases.id, cases.title, cases.status,
            (SELECT count(*) FROM case_notes WHERE case_id = cases.id) AS notes,
            (SELECT max(created_at) FROM case_notes WHERE case_id = cases.id) AS last_note
        FROM cases
        WHERE deleted_at IS NULL AND lower(title) LIKE :pattern ESCAPE '!'
    )
    SELECT id, title, status, notes, last_note FROM report ORDER BY {order} id LIMIT :limit
"""
COLUMNS = (
    column("id", String),
    column("title", String),
    column("status", String),
    column("notes", Integer),
    column("last_note", UtcDateTime),
)
ORDERS = {"id": "", "title": "title,", "notes": "notes DESC,"} | {
    "last_note": "last_note IS NULL, last_note DESC,"
}
REPORTS = {sort: text(FIND.format(order=order)).columns(*COLUMNS) for sort, order in ORDERS.items()}
STALE = text(
    """
    SELECT id, title, status, reference, version, created_at, updated_at, deleted_at FROM cases
    WHERE deleted_at IS NULL AND status <> :closed
        AND id NOT IN (SELECT case_id FROM case_notes WHERE created_at >= :since)
    ORDER BY id
    """
).bindparams(bindparam("since", type_=UtcDateTime()), closed=CaseStatus.CLOSED.value)


class SqlReports:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, words: str, *, sort: str = "id", limit: int = 20) -> Sequence[ReportLine]:
        report = REPORTS.get(sort)
        if report is None:
            raise InvalidValueError("sort", sort, f"is one of {', '.join(REPORTS)}")
        escaped = "".join(f"!{sign}" if sign in "!%_" else sign for sign in words.lower())
        found = self._session.execute(report, {"pattern": f"%{escaped}%", "limit": limit}).all()
        return [
            ReportLine(case_id, title, CaseStatus(status), notes, last_note)
            for case_id, title, status, notes, last_note in found
        ]

    def stale(self, since: datetime) -> Sequence[Case]:
        whole = self._session.execute(cases_with_notes().from_statement(STALE), {"since": since})
        return list(map(to_domain, whole.scalars()))
