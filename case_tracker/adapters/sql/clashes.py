"""Which stored case stands in the way of a new one. Never decides: the database has refused it."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.soft_delete import alive
from case_tracker.domain.case import Case, CaseId


def clashing_case(session: Session, case: Case) -> CaseId | None:
    """Return the stored case with this id, or else the living one with this reference.

    None when no stored case clashes with it. Emits 1 SELECT.
    """
    same_id = CaseRecord.id == case.id.value
    same_reference = and_(CaseRecord.reference == case.reference, alive(CaseRecord))
    query = select(CaseRecord.id).where(or_(same_id, same_reference)).order_by(same_id.desc())
    found = session.scalars(query.limit(1)).one_or_none()
    return None if found is None else CaseId(found)
