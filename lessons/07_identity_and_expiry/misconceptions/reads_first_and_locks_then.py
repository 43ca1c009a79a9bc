"""Both are done, in the other order."""


def get_for_update(session, case_id):
    record = session.get(CaseRecord, case_id.value, populate_existing=True)
    if record is None:
        raise CaseNotFoundError(case_id)
    lock = select(CaseRecord.id).where(CaseRecord.id == case_id.value)
    session.execute(lock.with_for_update())
    return to_case(record)
