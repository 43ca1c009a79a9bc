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
    same_id = clash = CaseRecord.id == case.id.value
    if case.reference is not None:  # `== None` would find all cases that have no reference
        clash = or_(clash, and_(CaseRecord.reference == case.reference, alive(CaseRecord)))
    query = select(CaseRecord.id).where(clash).order_by(same_id.desc()).limit(1)
    found = session.scalars(query).one_or_none()
    return None if found is None else CaseId(found)
