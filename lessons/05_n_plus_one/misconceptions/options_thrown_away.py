"""A Select is changed in place, so it seems."""


def with_notes(query):
    query.options(selectinload(CaseRecord.notes))
    return query
