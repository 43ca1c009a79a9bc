"""One map for the whole program."""

SAME_OBJECT = {
    "get() and get() again": True,
    "get() and a SELECT": True,
    "get() in two Sessions": True,
}
