"""One statement is fewer than two."""

from sqlalchemy.orm import joinedload


def with_notes(query):
    return query.options(joinedload(CaseRecord.notes))
