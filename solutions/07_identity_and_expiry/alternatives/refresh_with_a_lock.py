"""Load as usual, send what waits (refresh() would forget it), then refresh with the lock."""

from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
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


def _to_note(record: CaseNoteRecord) -> Note:
    return Note(record.text, record.created_at)


def to_case(record: CaseRecord) -> Case:
    notes = list(map(_to_note, record.notes))
    return Case(CaseId(record.id), record.title, CaseStatus(record.status), notes)


def get_for_update(session: Session, case_id: CaseId) -> Case:
    record = session.get(CaseRecord, case_id.value)
    if record is None:
        raise CaseNotFoundError(case_id)
    session.flush()
    session.refresh(record, with_for_update=True)
    return to_case(record)
