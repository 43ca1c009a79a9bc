"""As it was in SQLAlchemy 2.0."""

COUNTED = {
    "the connection, past the Session": 0,
    "the Session, in SQL text": 0,
    "another connection": 0,
}
