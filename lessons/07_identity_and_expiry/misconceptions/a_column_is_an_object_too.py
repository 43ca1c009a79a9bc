"""The map answers for single values, too."""

TITLE_SHOWN = {
    "get() again": "old",
    "a SELECT of the case": "old",
    "a SELECT of its title": "old",
    "a look after expire()": "new",
}
