"""What was added is there."""

COUNTED = {
    "the connection, past the Session": 1,
    "the Session, in SQL text": 1,
    "another connection": 1,
}
