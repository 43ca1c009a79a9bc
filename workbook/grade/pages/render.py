"""Writes the report: `index.html` for the instructor, a page to hand out for each learner.

No script runs in a page and none of it comes from elsewhere: its policy allows one style, by hash.
Whatever is printed into a page is cleaned, cut and escaped first.
"""

import base64
import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.curriculum import Lesson
from workbook.derive import starter
from workbook.grade import clean, late
from workbook.grade.pages.learner import section
from workbook.grade.pages.overview import Overview
from workbook.grade.store import Entry, Store
from workbook.home import Home

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER, INDEX, LEARNERS = "report", "index.html", "learners"
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"
MISSING = "no pages: they need Jinja; pip install 'unit-of-workbook[grade]'"


class PagesError(Exception):
    """The pages cannot be written; the message says what is missing."""


def write(store: Store, lessons: Sequence[Lesson], home: Home, out: Path) -> Path:
    """Write the report of a store into `out`/report; return its first page.

    Pages of learners who are not in the store any more are removed.

    Raises:
        PagesError: Jinja is not installed.
    """
    pages = _environment()
    folder = out / FOLDER
    (folder / LEARNERS).mkdir(parents=True, exist_ok=True)
    overview = Overview(lessons, home)
    given = {lesson.slug: starter(lesson, home) for lesson in lessons}
    template, written = pages.get_template("learner.html"), set()
    for own in by_learner(store.entries()):
        name = page_name(own[0].learner.key)
        overview.add(own, f"{LEARNERS}/{name}")
        known = {entry.lesson: entry for entry in own}
        chosen = [lesson for lesson in lessons if lesson.slug in known]
        sections = [section(known[x.slug], x, given[x.slug]) for x in chosen]
        page = template.render(
            learner=own[0].learner,
            sections=sections,
            earned=sum(one.earned for one in sections),
            possible=sum(lesson.possible for lesson in chosen),
        )
        _put(folder / LEARNERS / name, page)
        written.add(name)
    for old in (folder / LEARNERS).glob("*.html"):
        if old.name not in written:
            old.unlink()
    index = pages.get_template(INDEX).render(overview=overview, late_rule=store.late_rule)
    _put(folder / INDEX, index)
    return folder / INDEX


def by_learner(entries: Iterable[Entry]) -> Iterable[list[Entry]]:
    """Yield the entries of one learner after the other."""
    for _, own in groupby(entries, key=lambda entry: entry.learner.key):
        yield list(own)


def page_name(key: str, suffix: str = "html") -> str:
    """Return the name of a learner's file: plain letters, and never that of somebody else."""
    plain = re.sub(r"[^a-z0-9]+", "-", key)[:40].strip("-") or "learner"
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"{plain}-{digest[:8]}.{suffix}"


def _put(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8", errors="replace")


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - the extra `grade`
        from markupsafe import Markup  # noqa: PLC0415 - comes with it
    except ImportError:
        raise PagesError(MISSING) from None

    def finalize(value: Any) -> Any:
        """Clean every text that a page prints; the templates' own style is none."""
        if isinstance(value, Markup) or not isinstance(value, str):
            return value
        return clean.text(value)

    style = files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pages = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals |= {
        "style": Markup(style),  # noqa: S704 - a file of ours
        "policy": f"{POLICY}; style-src 'sha256-{digest}'",
        "line": clean.line,
        "late": late.shown,
    }
    pages.filters |= {"points": lambda value: f"{value:g}", "quoted": shlex.quote}
    return pages
