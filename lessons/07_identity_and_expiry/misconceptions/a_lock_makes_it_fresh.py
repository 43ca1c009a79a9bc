"""The SELECT brings new values, so they must be there."""


def get_for_update(session, case_id):
    record = session.get(CaseRecord, case_id.value, with_for_update=True)
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
