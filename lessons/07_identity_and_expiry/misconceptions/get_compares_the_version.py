"""get() takes both keywords, so it does both."""


def get_for_update(session, case_id):
    record = session.get(
        CaseRecord, case_id.value, populate_existing=True, with_for_update=True
    )
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
