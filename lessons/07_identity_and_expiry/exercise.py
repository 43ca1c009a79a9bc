"""One object for each row of a Session, and what may leave it. Never commits: the caller does."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseNotFoundError
from case_tracker.domain.status import CaseStatus

# 7.1 to 7.3: the lines run from top to bottom, in one Session of this application. Two lines have
# another one: the last of 7.1 a second Session, the last of 7.3 one made by Session(engine).

# TODO 7.1: CASE-001 is loaded twice: predict whether both are the same Python object,
#   True or False
SAME_OBJECT = {
    "get() and get() again": ...,
    "get() and a SELECT": ...,
    "get() in two Sessions": ...,
}

# TODO 7.2: the Session has loaded the title "old", another one has committed "new":
#   predict what each look shows, one after the other
TITLE_SHOWN = {
    "get() again": ...,
    "a SELECT of the case": ...,
    "a SELECT of its title": ...,
    "a look after expire()": ...,
}

# TODO 7.3: predict how many statements each line sends, 0 or 1
SENT = {
    "expire()": ...,
    "the first look after expire()": ...,
    "the second look after expire()": ...,
    "refresh()": ...,
    "the first look after commit()": ...,
}


def to_case(record: CaseRecord) -> Case:
    """Return the case of this record: id, title, status and its notes, oldest first.

    It is readable when the Session is closed, and changing it changes no record.
    """
    # TODO 7.4: make a domain object that needs no Session
    return record


def get_for_update(session: Session, case_id: CaseId) -> Case:
    """Lock the row of this case until the transaction ends, and return the case as it is now.

    What the Session had loaded of it is overwritten; a change that was not sent yet is sent first.
    No other case is read. The caller ends the transaction, and with it the lock; a database without
    row locks locks none.

    Raises:
        CaseNotFoundError: no row has this id.
    """
    # TODO 7.5: lock the row, and read it again although the Session knows it
    query = select(CaseRecord).where(CaseRecord.id == case_id.value)
    record = session.scalars(query).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
