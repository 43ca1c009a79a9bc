"""A time is a DateTime."""

from sqlalchemy import DateTime


def typed(query):
    return query.columns(last_note=DateTime)
