"""expire() is taken for refresh()."""

SENT = {
    "expire()": 1,
    "the first look after expire()": 0,
    "the second look after expire()": 0,
    "refresh()": 1,
    "the first look after commit()": 1,
}
