"""The last hand on the built pages: no script stands inside a page, and the search has a name.

So one short Content-Security-Policy is enough for the whole site, and it names no page.
"""

import hashlib
import re
from functools import partial
from pathlib import Path

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ABSOLUTE = re.compile(r'href="(/[^"]*)assets/stylesheets/')
_DIALOG = 'data-md-component="search" role="dialog"'
_NAMELESS = (_DIALOG, f'{_DIALOG} aria-label="Search"')  # the theme forgets it
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def polish(site: Path) -> None:
    """Move every inline script of the built pages into a file of its own."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        moved = _INLINE.sub(partial(_moved, page=page, site=site), text)
        moved = moved.replace(*_NAMELESS)
        if moved != text:
            page.write_text(moved, encoding="utf-8")


def _moved(script: re.Match[str], page: Path, site: Path) -> str:
    name = hashlib.sha256(script[1].encode()).hexdigest()[:12]
    file = site / "assets" / "inline" / f"{name}.js"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script[1], encoding="utf-8")
    return f'<script src="{_top(page, site)}assets/inline/{file.name}"></script>'


def _top(page: Path, site: Path) -> str:
    """Return what leads from a page to the top; 404.html can be shown for any address."""
    if page.name == "404.html" and (known := _ABSOLUTE.search(page.read_text(encoding="utf-8"))):
        return known[1]
    return "../" * (len(page.relative_to(site).parts) - 1)
