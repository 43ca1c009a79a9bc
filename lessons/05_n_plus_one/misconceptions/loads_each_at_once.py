"""Early is taken for together."""

from sqlalchemy.orm import immediateload


def with_notes(query):
    return query.options(immediateload(CaseRecord.notes))
