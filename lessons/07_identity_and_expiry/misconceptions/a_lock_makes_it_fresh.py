"""The SELECT brings new values, so they must be there."""


def get_for_update(session, case_id):
    query = select(CaseRecord).where(CaseRecord.id == case_id.value)
    record = session.scalars(query.with_for_update()).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
