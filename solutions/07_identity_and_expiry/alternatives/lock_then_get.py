"""A Core SELECT locks, and lets foreign keys through; then get() reads again."""

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
    lock = select(CaseRecord.id).where(CaseRecord.id == case_id.value)
    session.connection().execute(lock.with_for_update(key_share=True))
    record = session.get(CaseRecord, case_id.value, populate_existing=True)
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
