"""The last hand on the built pages: no script stands inside a page.

So one short Content-Security-Policy is enough for the whole site, and it names no page.
"""

import hashlib
import os
import re
from pathlib import Path

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def polish(site: Path) -> None:
    """Move every inline script of the built pages into a file of its own."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        moved = _INLINE.sub(lambda match: _moved(match[1], page, site), text)
        if moved != text:
            page.write_text(moved, encoding="utf-8")


def _moved(code: str, page: Path, site: Path) -> str:
    name = hashlib.sha256(code.encode()).hexdigest()[:12]
    file = site / "assets" / "inline" / f"{name}.js"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code, encoding="utf-8")
    link = os.path.relpath(file, page.parent).replace(os.sep, "/")
    return f'<script src="{link}"></script>'
