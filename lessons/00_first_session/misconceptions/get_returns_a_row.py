"""execute() returns a row with one object in it."""

from sqlalchemy import select


def get_case(session, case_id):
    query = select(CaseRecord).where(CaseRecord.id == case_id)
    return session.execute(query).first()
