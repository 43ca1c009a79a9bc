"""Where a file of the repository is read on the site, and links that lead there.

A page is written for the repository. On the site a Markdown file is a page, a Python file is a page
that shows its source, and `case_tracker/…/x.py` in a sentence is a link.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$|<pre.*?</pre>", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?\)")
_NAMED = re.compile(
    r"(?<!\[)`((?:case_tracker|tests|bench|notebooks|workbook)/[\w./-]+\.(?:py|ipynb))`"
)
SHOWN = ("docs", "case_tracker", "tests", "bench", "workbook", "solutions", "lessons")


class Links:
    """Rewrites links; remembers which source files they ask for."""

    def __init__(self, root: Path, has_page: Callable[[str], bool]) -> None:
        self.root = root
        self.has_page = has_page
        self.asked: set[str] = set()

    def of(self, text: str, origin: str, page: str) -> str:
        """Return the text of the repository's file `origin`, as the site's page `page`."""
        return _outside_code(text, lambda part: self._part(part, origin, page))

    def _part(self, text: str, origin: str, page: str) -> str:
        folder = PurePosixPath(origin).parent

        def link(match: re.Match[str]) -> str:
            target = os.path.normpath(folder / match[1]).replace(os.sep, "/")
            place = self.place(target)
            return f"]({relative(place, page)}{match[2] or ''})" if place else match[0]

        def named(match: re.Match[str]) -> str:
            place = self.place(match[1])
            return f"[{match[0]}]({relative(place, page)})" if place else match[0]

        return _NAMED.sub(named, _LINK.sub(link, text))

    def place(self, target: str) -> str | None:
        """Return the page on which a file of the repository is read; None: on no page."""
        name = target.removeprefix("docs/")
        if target.endswith((".md", ".ipynb")) and self.has_page(name):
            return name.replace(".ipynb", ".md")
        if target.endswith(".py") and self.is_shown(target):
            self.asked.add(target)
            return f"source/{target}.md"
        return None

    def is_shown(self, target: str) -> bool:
        """Say whether a file is one that the site may show."""
        return target.partition("/")[0] in SHOWN and (self.root / target).is_file()


def relative(target: str, page: str) -> str:
    """Return the link from one page to another."""
    return os.path.relpath(target, PurePosixPath(page).parent).replace(os.sep, "/")


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for block in _FENCE.finditer(text):
        parts += [change(text[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(text[end:])])
