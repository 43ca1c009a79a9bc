"""The connection is taken for the Session."""

COUNTED = {
    "the connection, past the Session": 1,
    "the Session, in SQL text": 1,
    "another connection": 0,
}
