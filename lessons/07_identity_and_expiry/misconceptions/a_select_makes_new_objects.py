"""Only get() looks into the map."""

SAME_OBJECT = {
    "get() and get() again": True,
    "get() and a SELECT": False,
    "get() in two Sessions": False,
}
