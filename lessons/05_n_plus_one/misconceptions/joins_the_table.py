"""The table is joined, so its rows must be there."""


def with_notes(query):
    return query.join(CaseRecord.notes)
