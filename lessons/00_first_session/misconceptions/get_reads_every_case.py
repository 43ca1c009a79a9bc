"""All cases are read to find one."""

from sqlalchemy import select


def get_case(session, case_id):
    for case in session.scalars(select(CaseRecord)).all():
        if case.id == case_id:
            return case
    return None
