"""A new object with the right id is handed to delete()."""


def delete_case(session, case_id):
    case = CaseRecord(id=case_id)
    session.delete(case)
