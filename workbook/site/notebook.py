"""A notebook as Markdown. Its films use the site's own style and script: nothing is inline."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

_INLINE = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_EMPTY_LINES = re.compile(r"\n\s*\n")  # one would end a block of HTML in Markdown
_NEWLINE = "\n"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def notebook_page(path: Path) -> str:
    """Return a notebook's cells and its stored outputs as one page."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join(part for cell in cells for part in _cell(cell)) + "\n"


def _cell(cell: dict[str, Any]) -> list[str]:
    text = _text(cell["source"]).strip()
    if cell["cell_type"] != "code":
        return [text] if cell["cell_type"] == "markdown" else []
    return [f"````python\n{text}\n````", *filter(None, map(_output, cell["outputs"]))]


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        page = _INLINE.sub("", _text(data["text/html"])).replace("`", "&#96;")
        return f"<div class='output'>{_EMPTY_LINES.sub(_NEWLINE, page)}</div>"
    if "image/png" in data:
        picture = _text(data["image/png"]).replace("\n", "")
        said = escape(_text(data.get("text/plain", "a picture")), quote=True)
        return f"<div class='output'><img alt='{said}' src='data:image/png;base64,{picture}'></div>"
    text = data.get("text/plain") or output.get("text") or output.get("traceback") or ""
    return _block(_COLOUR.sub("", _text(text, "\n" if "traceback" in output else "")))


def _block(text: str) -> str:
    return f"````text\n{text.rstrip()}\n````" if text.strip() else ""


def _text(value: str | list[str], joined: str = "") -> str:
    return value if isinstance(value, str) else joined.join(value)
