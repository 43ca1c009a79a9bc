"""One object for each row of a Session, and what may leave it. Never commits: the caller does."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus

# 7.1 to 7.3: the lines run from top to bottom, in one Session of this application. Two lines have
# another one: the last of 7.1 a second Session, the last of 7.3 one made by Session(engine).

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
    """Return the case of this record: id, title, status and its notes, oldest first.

    It is readable when the Session is closed, and changing it changes no record.
    """
    return Case(
        id=CaseId(record.id),
        title=record.title,
        status=CaseStatus(record.status),
        notes=[Note(note.text, note.created_at) for note in record.notes],
    )


def get_for_update(session: Session, case_id: CaseId) -> Case:
    """Lock the row of this case until the transaction ends, and return the case as it is now.

    What the Session had loaded of it is overwritten; a change that was not sent yet is sent first.
    No other case is read. The caller ends the transaction, and with it the lock; a database without
    row locks locks none.

    Raises:
        CaseNotFoundError: no row has this id.
    """
    query = select(CaseRecord).where(CaseRecord.id == case_id.value)
    query = query.with_for_update().execution_options(populate_existing=True)
    record = session.scalars(query).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
