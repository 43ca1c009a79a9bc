"""Changing and committing in one place."""


def rename_case(session, case_id, title):
    case = session.get_one(CaseRecord, case_id)
    case.title = title
    session.commit()
