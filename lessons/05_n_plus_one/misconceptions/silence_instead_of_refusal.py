"""What is not loaded is empty."""

from sqlalchemy.orm import noload


def sealed(query):
    return query.options(noload("*"))
