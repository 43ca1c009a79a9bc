"""Whatever the Session has is old."""


def get_for_update(session, case_id):
    session.expire_all()
    query = select(CaseRecord).where(CaseRecord.id == case_id.value)
    record = session.scalars(query.with_for_update()).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    return to_case(record)
