"""What comes back is what is shown."""

TITLE_SHOWN = {
    "get() again": "old",
    "a SELECT of the case": "new",
    "a SELECT of its title": "new",
    "a look after expire()": "new",
}
