"""Deleting and committing in one place."""


def delete_case(session, case_id):
    case = session.get_one(CaseRecord, case_id)
    session.delete(case)
    session.commit()
