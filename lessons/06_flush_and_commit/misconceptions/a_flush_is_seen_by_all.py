"""What is sent is stored."""

COUNTED = {
    "the connection, past the Session": 0,
    "the Session, in SQL text": 1,
    "another connection": 1,
}
