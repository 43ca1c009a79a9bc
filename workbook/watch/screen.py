"""What stands on the screen: the body, cut to the window, above a footer that is always there."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbook.text import BLANK, Line, Part, line, wrapped

_LEAST = 3  # rows for the body, however low the window is


@dataclass(frozen=True)
class Footer:
    """What is always visible: how far you are, where you are, what is going on, what you can do."""

    done: int
    lessons: int
    path: str
    link: str
    status: Part
    notice: str
    keys: Sequence[tuple[str, str]]


def compose(
    body: Sequence[Line], footer: Footer, size: tuple[int, int], top: int, signs: str
) -> tuple[list[Line], int, bool]:
    """Return the lines of a full window, the first line of the body in it, and if all of it fits.

    `top` is where the reader has scrolled to; `signs` are: done, open, rule.
    """
    width, height = size
    below = _footer(footer, width, signs)
    room = max(height - len(below), _LEAST)
    top = max(min(top, len(body) - room), 0)
    shown = list(body[top : top + room])
    if hidden := len(body) - top - len(shown):
        more = f"  … {hidden + 1} more lines: press space, or the arrow keys"
        shown[-1] = line(Part(more, "quiet"))
    shown += [BLANK] * (room - len(shown))
    return [*shown, *below][:height], top, len(body) <= room


def _footer(footer: Footer, width: int, signs: str) -> list[Line]:
    rows = [line(Part(signs[2] * width, "quiet"))]
    rows.append(_progress(footer, width, signs))
    rows.append(_beside(Part(f"  {footer.path}", link=footer.link), footer.status, width))
    if footer.notice:
        rows += wrapped(footer.notice, width, "  ", "here")
    return rows + _keys(footer.keys, width)


def _progress(footer: Footer, width: int, signs: str) -> Line:
    words = f"  {footer.done} of {footer.lessons} lessons"
    room = max(min(width - len(words) - 3, 48), 0)
    full = room * footer.done // max(footer.lessons, 1)
    return line(
        "  ", Part(signs[0] * full, "good"), Part(signs[1] * (room - full), "quiet"), Part(words)
    )


def _beside(left: Part, right: Part, width: int) -> Line:
    gap = width - len(left.text) - len(right.text) - 1
    return line(left, " " * max(gap, 2), right)


def _keys(keys: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """Lay the keys out in as few rows as the window allows."""
    rows: list[list[Part]] = [[]]
    used = 1
    for key, word in keys:
        size = len(key) + len(word) + 3
        if used + size > width and rows[-1]:
            rows.append([])
            used = 1
        rows[-1] += [Part(f"  {key}", "strong"), Part(f" {word}", "quiet")]
        used += size
    return [tuple(row) for row in rows]
