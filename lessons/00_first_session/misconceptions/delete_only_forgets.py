"""The Session forgets the case, and the table keeps it."""


def delete_case(session, case_id):
    case = session.get(CaseRecord, case_id)
    session.expunge(case)
