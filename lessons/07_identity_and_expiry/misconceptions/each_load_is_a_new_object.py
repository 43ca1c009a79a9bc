"""Each load makes its own."""

SAME_OBJECT = {
    "get() and get() again": False,
    "get() and a SELECT": False,
    "get() in two Sessions": False,
}
