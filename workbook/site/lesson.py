"""A lesson's page: what its README says, and the lesson itself to be run there."""

import json
import re
from collections.abc import Mapping
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from workbook.curriculum import Lesson
from workbook.derive import solution, starter
from workbook.home import Home
from workbook.site.links import Links, relative

TRIED = (
    "Have you run the tests, and read the hints?"
    " A solution that was only read is forgotten tomorrow."
)


def lesson_page(lesson: Lesson, home: Home, links: Links, titles: Mapping[str, str]) -> str:
    """Return the Markdown of a lesson's page. `titles` are the titles of all lessons by slug."""
    page = f"lessons/{lesson.slug}/README.md"
    text = (home.root / page).read_text(encoding="utf-8")
    text = _own_files(text, lesson)
    text = links.of(text, page, page)
    head, _, rest = text.partition("\n## ")
    body = f"{head.rstrip()}\n\n{_facts(lesson, titles)}\n\n## {rest}"
    turn, _, hints = body.partition("\n## Hints")
    notes = relative(f"solutions/{lesson.slug}/README.md", page)
    return (
        f"---\ndescription: {json.dumps(lesson.title)}\n---\n\n"
        f"{turn.rstrip()}\n\n{_runner(lesson, home)}\n\n## Hints{hints.rstrip()}\n\n"
        f"{_compare(lesson, home, notes)}\n"
    )


def _own_files(text: str, lesson: Lesson) -> str:
    """Lead links to the learner's files and to the tests to the place on this page."""
    names = "|".join(re.escape(file.name) for file in lesson.files)
    text = re.sub(rf"\]\((?:{names})\)", "](#the-exercise)", text)
    return text.replace("](test_exercise.py)", "](#the-tests)")


def _facts(lesson: Lesson, titles: Mapping[str, str]) -> str:
    where = "runs in this page" if lesson.browser else "runs on your machine"
    facts = [f"about {lesson.minutes} minutes", where]
    if lesson.prerequisites:
        before = [f"[{titles[slug]}](../{slug}/README.md)" for slug in lesson.prerequisites]
        facts.append("after " + ", ".join(before))
    return "\n".join(["<p class='facts' markdown>", " · ".join(facts), "</p>"])


def _runner(lesson: Lesson, home: Home) -> str:
    """Return the editor's place: without JavaScript the starter and the tests, to be read."""
    files = "".join(_file(name, text) for name, text in starter(lesson, home).items())
    tests = (lesson.folder / "test_exercise.py").read_text(encoding="utf-8")
    seen = listing(tests)
    folded = f"<details id='the-tests'><summary>The tests</summary>{seen}</details>"
    if lesson.browser:
        note = (
            "<noscript><p>This page runs the lesson with JavaScript. Without it, run it on your "
            f"machine: <code>python3 run.py check {lesson.number}</code></p></noscript>"
        )
        tag = f"<workbook-runner data-lesson='{lesson.slug}'>{note}{files}</workbook-runner>"
    else:
        note = (
            "<p class='local'>This lesson runs locally: it needs threads or Alembic, which a page "
            "does not have. Edit the file below in your clone, then type "
            f"<code>python3 run.py check {lesson.number}</code></p>"
        )
        tag = f"{note}{files}"
    return f"<div id='the-exercise' class='runner' data-search-exclude>{tag}{folded}</div>"


def _file(name: str, text: str) -> str:
    caption = f"<figcaption>{escape(name)}</figcaption>"
    return f"<figure class='file' data-file='{escape(name)}'>{caption}{listing(text)}</figure>"


def listing(text: str) -> str:
    """Return Python source as HTML that Markdown leaves alone."""
    code = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    code = code.replace("`", "&#96;")  # a fence in a docstring is no fence of this page
    return f"<div class='highlight'><pre tabindex='0'><code>{code}</code></pre></div>"


def _compare(lesson: Lesson, home: Home, notes: str) -> str:
    files = "".join(_file(name, text) for name, text in solution(lesson, home).items())
    return (
        "## Compare\n\n"
        "<details class='solution' data-search-exclude><summary>Show the solution</summary>"
        f"<p>{TRIED}</p>"
        f"<details><summary>I have tried. Show it</summary>{files}</details></details>\n\n"
        f"[Why it is written like this, and what else is right]({notes})"
    )
