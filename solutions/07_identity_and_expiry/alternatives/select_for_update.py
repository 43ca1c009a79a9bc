"""One SELECT that locks and overwrites, with the weaker lock that lets foreign keys through."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus

SAME_OBJECT = {
    "get() and get() again": True,
    "get() and a SELECT": True,
    "get() in two Sessions": False,
}

TITLE_SHOWN = {
    "get() again": "old",
    "a SELECT of the case": "old",
    "a SELECT of its title": "new",
    "a look after expire()": "new",
}

SENT = {
    "expire()": 0,
    "the first look after expire()": 1,
    "the second look after expire()": 0,
    "refresh()": 1,
    "the first look after commit()": 1,
}


def to_case(record: CaseRecord) -> Case:
    case = Case(CaseId(record.id), record.title, CaseStatus(record.status))
    for note in record.notes:
        case.add_note(Note(note.text, note.created_at))
    return case


def get_for_update(session: Session, case_id: CaseId) -> Case:
    query = (
        select(CaseRecord)
        .where(CaseRecord.id == case_id.value)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    record = session.scalars(query).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
