"""Read again, and hope."""


def get_for_update(session, case_id):
    record = session.get(CaseRecord, case_id.value, populate_existing=True)
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
