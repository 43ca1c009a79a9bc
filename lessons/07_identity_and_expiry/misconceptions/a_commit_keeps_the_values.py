"""A commit only stores."""

SENT = {
    "expire()": 0,
    "the first look after expire()": 1,
    "the second look after expire()": 0,
    "refresh()": 1,
    "the first look after commit()": 0,
}
