"""An object is a window to the row."""

TITLE_SHOWN = {
    "get() again": "new",
    "a SELECT of the case": "new",
    "a SELECT of its title": "new",
    "a look after expire()": "new",
}
