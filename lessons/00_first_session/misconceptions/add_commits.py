"""Adding and committing in one place."""


def add_case(session, case_id, title):
    case = CaseRecord(id=case_id, title=title, status="DRAFT")
    session.add(case)
    session.commit()
