"""The table has a foreign key, and nobody asks SQLite to enforce it."""


def build_engine(url):
    return create_engine(url)
