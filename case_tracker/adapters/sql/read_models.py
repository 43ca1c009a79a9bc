"""Pages of cases, read as columns. No record is built, so nothing here can be saved by mistake.

Each statement is built once, when it is needed first: building costs more than a small SELECT.
"""

from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.domain.case import CaseId, Note
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView

# The columns of tables, not the attributes of records: such rows pass the ORM by.
_CASES, _NOTES = CaseRecord.__table__, CaseNoteRecord.__table__


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
        query = _page(of_status=status is not None, behind=after is not None)
        asked = {"limit": limit, "offset": offset, **_optional(status, after)}
        rows = self._session.execute(query, asked).all()
        if not rows:
            return []
        notes = self._notes(status, rows[0][0], rows[-1][0])
        return [
            CaseView(case_id, title, CaseStatus(state), version, reference, tuple(notes[case_id]))
            for case_id, title, state, version, reference in rows
        ]

    def total(self, status: CaseStatus | None = None) -> int:
        """Return how many cases all pages together have. Emits 1 SELECT."""
        query = _total(of_status=status is not None)
        total: int = self._session.scalars(query, _optional(status)).one()
        return total

    def _notes(self, status: CaseStatus | None, first: str, last: str) -> dict[str, list[Note]]:
        query = _notes(of_status=status is not None)
        asked = {"first": first, "last": last, **_optional(status)}
        notes = defaultdict[str, list[Note]](list)
        for case_id, text, written_at in self._session.execute(query, asked).all():
            notes[case_id].append(Note(text, written_at))
        return notes


def _optional(status: CaseStatus | None, after: CaseId | None = None) -> dict[str, str]:
    asked = {} if status is None else {"status": status.value}
    return asked if after is None else {**asked, "after": after.value}


@cache
def _page(*, of_status: bool, behind: bool) -> Select[Any]:
    columns = _CASES.c
    query = (
        select(columns.id, columns.title, columns.status, columns.version, columns.reference)
        .where(*_shown(of_status=of_status))
        .order_by(columns.id)
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("offset", type_=Integer))
    )
    return query.where(columns.id > bindparam("after")) if behind else query


@cache
def _notes(*, of_status: bool) -> Select[Any]:
    """Select the notes of a page by its first and its last id, not by a list of all its ids.

    Both tables get the range, so that the planner may begin with either of them. Whoever shows the
    page takes the notes of its own cases only, so a case that came in between does no harm.
    """
    columns = _NOTES.c
    query = (
        select(columns.case_id, columns.text, columns.created_at)
        .join_from(_CASES, _NOTES, columns.case_id == _CASES.c.id)
        .where(*_shown(of_status=of_status))
        .order_by(columns.case_id, columns.id)
    )
    for key in (_CASES.c.id, columns.case_id):
        query = query.where(key >= bindparam("first"), key <= bindparam("last"))
    return query


@cache
def _total(*, of_status: bool) -> Select[Any]:
    return select(func.count()).select_from(_CASES).where(*_shown(of_status=of_status))


def _shown(*, of_status: bool) -> list[ColumnElement[bool]]:
    living = [alive(_CASES)]
    return [*living, _CASES.c.status == bindparam("status")] if of_status else living
