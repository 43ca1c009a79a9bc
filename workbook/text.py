"""Lines for a reader: text with a meaning, to be painted or left plain. Knows no colours."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Role = Literal["", "good", "bad", "here", "quiet", "strong"]
NARROWEST, WIDEST = 30, 100  # of a paragraph


class Part(NamedTuple):
    """A piece of a line: what it means for the reader, and the file it leads to."""

    text: str
    role: Role = ""
    link: str = ""


Line = tuple[Part, ...]
BLANK: Line = ()


def line(*parts: str | Part) -> Line:
    """Return a line of these parts."""
    return tuple(Part(part) if isinstance(part, str) else part for part in parts)


def plain(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines without their meaning, for a pipe, a file or a screen reader."""
    for parts in lines:
        yield "".join(part.text for part in parts).rstrip()


def wrapped(text: str, width: int, indent: str = "    ", role: Role = "") -> Iterator[Line]:
    """Yield a paragraph, broken between words, its own indentation kept."""
    deep = indent + " " * (len(text) - len(text.lstrip(" -")))  # a point of a list hangs
    for part in textwrap.wrap(
        text, min(max(width - 4, NARROWEST), WIDEST), initial_indent=indent, subsequent_indent=deep
    ):
        yield line(Part(part, role))


def cut(parts: Line, width: int) -> Line:
    """Return the line, shortened to the width of a window."""
    found, room = [], width
    for part in parts:
        if len(part.text) > room:
            found.append(part._replace(text=part.text[: max(room - 1, 0)] + "…" * (room > 0)))
            break
        found.append(part)
        room -= len(part.text)
    return tuple(found)
