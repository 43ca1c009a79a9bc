"""A function that opened something also closes it."""


def get_for_update(session, case_id):
    query = select(CaseRecord).where(CaseRecord.id == case_id.value)
    query = query.with_for_update().execution_options(populate_existing=True)
    record = session.scalars(query).one_or_none()
    if record is None:
        raise CaseNotFoundError(case_id)
    case = to_case(record)
    session.commit()
    return case
