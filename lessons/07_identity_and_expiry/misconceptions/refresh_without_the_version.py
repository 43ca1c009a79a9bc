"""Only what the case shows is read again."""


def get_for_update(session, case_id):
    record = session.get(CaseRecord, case_id.value)
    if record is None:
        raise CaseNotFoundError(case_id)
    session.flush()
    session.refresh(record, ["title", "status", "notes"], with_for_update=True)
    return to_case(record)
