"""Text from a submission on its way to a terminal, a table or a page. Nothing passes as it came.

Escaping for HTML is left to the page, which escapes everything.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any

MARK = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"
_LINES = "\n\t"
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_DEEPEST = 12
_MOST_ITEMS = 2000
_LONGEST = 4000


def text(value: object, most: int = _LONGEST) -> str:
    """Return readable text of at most `most` characters, its lines kept.

    Control characters (ESC among them), marks of direction, invisible characters and lone
    surrogates are replaced.
    """
    cut = str(value)[: most + 1]
    if len(cut) <= most and cut.isascii() and cut.isprintable():
        return cut  # nearly everything, and ten times as fast
    shown = "".join(_visible(character) for character in cut.replace("\r\n", "\n"))
    return shown if len(shown) <= most else shown[: most - 1] + ELLIPSIS


def line(value: object, most: int = 200) -> str:
    """Return the same on one line."""
    return " ".join(text(value, most).split())


def cell(value: object, most: int = 500) -> str:
    """Return one line that no spreadsheet takes for a formula."""
    shown = line(value, most)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def data(value: Any, deep: int = 0) -> Any:
    """Return what JSON holds, every text in it cleaned, neither too deep nor too much of it."""
    if deep > _DEEPEST:
        return ELLIPSIS
    match value:
        case bool() | None | float() | int():
            return value
        case str():
            return text(value)
        case list():
            return [data(item, deep + 1) for item in value[:_MOST_ITEMS]]
        case dict():
            return dict(_items(value, deep))
    return line(type(value).__name__)


def _items(value: dict[Any, Any], deep: int) -> Iterator[tuple[str, Any]]:
    for _, (name, item) in zip(range(_MOST_ITEMS), value.items(), strict=False):
        yield line(name), data(item, deep + 1)


def _visible(character: str) -> str:
    if character in _LINES:
        return character
    kind = unicodedata.category(character)
    if character in _DIRECTION or kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return MARK
    return character
