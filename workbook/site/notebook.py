"""A notebook as Markdown. Its films use the site's own style and script: nothing is inline."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

_INLINE = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_EMPTY_LINES = re.compile(r"\n\s*\n")  # one would end a block of HTML in Markdown
_NEWLINE = "\n"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def notebook_page(path: Path, films: Mapping[int, str]) -> str:
    """Return a notebook's cells and its stored outputs as one page; `films` by number of cell."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [part for n, cell in enumerate(cells) for part in _cell(cell, films.get(n, ""))]
    return "\n\n".join(parts) + "\n"


def _cell(cell: dict[str, Any], film: str) -> list[str]:
    text = _text(cell["source"]).strip()
    if cell["cell_type"] != "code":
        return [text] if cell["cell_type"] == "markdown" else []
    outputs = [{"data": {"text/html": film}}] if film else cell["outputs"]
    return [f"````python\n{text}\n````", *filter(None, map(_output, outputs))]


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        page = _INLINE.sub("", _text(data["text/html"])).replace("`", "&#96;")
        return f"<div class='output'>{_EMPTY_LINES.sub(_NEWLINE, page)}</div>"
    if "image/svg+xml" in data:
        return _picture("svg+xml", b64encode(_text(data["image/svg+xml"]).encode()).decode(), data)
    if "image/png" in data:
        return _picture("png", _text(data["image/png"]).replace("\n", ""), data)
    text = data.get("text/plain") or output.get("text") or output.get("traceback") or ""
    return _block(_COLOUR.sub("", _text(text, "\n" if "traceback" in output else "")))


def _picture(kind: str, content: str, data: dict[str, Any]) -> str:
    said = escape(_text(data.get("text/plain", "a picture")), quote=True)
    source = f"data:image/{kind};base64,{content}"
    return f"<div class='output'><img alt='{said}' src='{source}'></div>"


def _block(text: str) -> str:
    return f"````text\n{text.rstrip()}\n````" if text.strip() else ""


def _text(value: str | list[str], joined: str = "") -> str:
    return value if isinstance(value, str) else joined.join(value)
