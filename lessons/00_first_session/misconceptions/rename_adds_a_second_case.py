"""A new object with the old id."""


def rename_case(session, case_id, title):
    case = CaseRecord(id=case_id, title=title, status="DRAFT")
    session.add(case)
