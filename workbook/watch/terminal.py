"""A terminal that can be drawn on: its size, its colours, its links. Knows no lessons."""

import os
import shutil
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from workbook.text import Line, Part, cut

_COLOURS = {"good": "32", "bad": "31", "here": "36", "quiet": "2", "strong": "1"}


class Terminal:
    """Draws whole screens. Colours have a meaning each, and none is needed to understand."""

    def __init__(self, out: TextIO = sys.stdout, env: Mapping[str, str] = os.environ) -> None:
        self._out = out
        self._colour = not env.get("NO_COLOR")
        self._links = env.get("TERM", "dumb") not in {"dumb", "linux"}
        self._host = socket.gethostname()
        encoding = (out.encoding or "").lower().replace("-", "")
        self.signs = "█░─" if encoding == "utf8" else "#.-"

    @property
    def size(self) -> tuple[int, int]:
        """Return columns and rows."""
        return shutil.get_terminal_size()

    def draw(self, lines: Iterable[Line]) -> None:
        """Draw from the upper left corner; what stood there before is gone."""
        width, height = self.size
        painted = [self.paint(cut(parts, width)) + "\x1b[K" for parts in lines][:height]
        self._write("\x1b[H" + "\r\n".join(painted) + "\x1b[J")

    def clear(self) -> None:
        """Begin with an empty window; what stands above it can be scrolled back to."""
        self._write("\n" * (self.size[1] - 1) + "\x1b[H\x1b[J")

    def leave(self) -> None:
        """Put the cursor below what was drawn last."""
        self._write("\r\n")

    def paint(self, parts: Line) -> str:
        """Return a line with its colours and links."""
        return "".join(self._part(part) for part in parts)

    def _part(self, part: Part) -> str:
        text = part.text.replace("\t", "    ")
        text = "".join(c if c.isprintable() else "·" for c in text)  # no escapes of a learner's
        if self._colour and part.role:
            text = f"\x1b[{_COLOURS[part.role]}m{text}\x1b[0m"
        return self._linked(text, part.link) if self._links and part.link else text

    def _linked(self, text: str, target: str) -> str:
        name, _, number = target.rpartition(":")
        path = Path(name if number.isdigit() else target).absolute().as_posix()
        return f"\x1b]8;;file://{self._host}{quote(path)}\x1b\\{text}\x1b]8;;\x1b\\"

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
