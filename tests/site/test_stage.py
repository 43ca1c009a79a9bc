"""From files of the repository to Markdown of the site. No browser, no network."""

import json
import os

import pytest

from workbook.home import find_home
from workbook.site.diagrams import states, tables
from workbook.site.examples import ExampleError, Examples
from workbook.site.films import films_of
from workbook.site.links import Links
from workbook.site.notebook import notebook_page
from workbook.site.npm import NpmError, editor_module, module_file, opened
from workbook.site.polish import polish

ROOT = find_home().root
PAGE = "lessons/02_repository/README.md"


@pytest.fixture
def links():
    """Links of a site that has the pages of two lessons."""
    pages = {PAGE, "lessons/01_models/README.md", "start.md"}
    return Links(ROOT, pages.__contains__)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[01](../01_models/README.md#concept)", "[01](../01_models/README.md#concept)"),
        ("[start](../../docs/start.md)", "[start](../../start.md)"),
        ("[all](https://example.org/a.py)", "[all](https://example.org/a.py)"),
        ("[up](#concept)", "[up](#concept)"),
        ("`case_tracker/nothing.py`", "`case_tracker/nothing.py`"),
        (
            "see `case_tracker/bootstrap.py`.",
            "see [`case_tracker/bootstrap.py`](../../source/case_tracker/bootstrap.py.md).",
        ),
        ("```\n`case_tracker/bootstrap.py`\n```", "```\n`case_tracker/bootstrap.py`\n```"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(links, written, shown):
    """A page is written once; it is read in two places."""
    assert links.of(written, PAGE, PAGE) == shown


def test_a_link_cannot_leave_the_project(links):
    """A source page of a file beside the project would publish it."""
    assert links.place("../secrets.py") is None
    assert links.place("run.py") is None


def test_a_notebook_shows_its_film_without_inline_script(tmp_path):
    """Under the site's policy an inline script is an error, and the film would stand still."""
    film = "<style>.a{}</style><uow-film>a `b`</uow-film><script>go()</script>"
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {
            "cell_type": "code",
            "source": "1 + 1",
            "outputs": [
                {"data": {"text/plain": ["2"]}},
                {"data": {"text/html": [film], "text/plain": "x"}},
                {"text": "\x1b[31mred\x1b[0m\n"},
            ],
        },
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")

    page = notebook_page(path, {})

    assert "# Title\ntext" in page
    assert "````python\n1 + 1\n````" in page
    assert "````text\n2\n````" in page
    assert "<div class='output'><uow-film>a &#96;b&#96;</uow-film></div>" in page
    assert "````text\nred\n````" in page


def test_a_notebook_s_film_is_taken_anew(tmp_path):
    """A notebook stores its film as text: the page shows the one that moves."""
    code = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from workbook.lens.timeline import lens
with lens(Session(create_engine("sqlite://")), title="A look") as film:
    film.step("nothing yet")
film
"""
    sources = [code.splitlines(keepends=True), ["print(1)"], ["1 / 0"], ["film"]]
    cells = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")

    films = films_of(path)

    assert list(films) == [0]  # the cell after the error is not reached
    assert "A look" in notebook_page(path, films)
    assert "<script" not in films[0]


def test_diagrams_are_what_the_code_says():
    """A diagram that is drawn by hand is wrong after the next change."""
    assert "UNDER_REVIEW --> RETURNED" in states()
    assert "CLOSED --> [*]" in states()
    assert "DRAFT --> CLOSED" not in states()
    assert "cases ||--o{ case_notes : case_id" in tables()
    assert 'VARCHAR id PK "not null"' in tables()


def test_an_example_that_fails_breaks_the_build(tmp_path):
    """A page must not show code that does not run."""
    (tmp_path / "code").mkdir()
    runner = (ROOT / "docs" / "code" / "run_all.py").read_text(encoding="utf-8")
    (tmp_path / "code" / "run_all.py").write_text(runner, encoding="utf-8")
    code = "def good():\n    x = 6 * 7\n    print(x)\n"
    (tmp_path / "code" / "good.py").write_text(code, encoding="utf-8")
    (tmp_path / "code" / "bad.py").write_text("def bad():\n    1 / 0\n", encoding="utf-8")
    examples = Examples(tmp_path)

    shown = examples.shown("<!-- run: code/good.py good -->")
    with pytest.raises(ExampleError, match=r"bad.py fails: ZeroDivisionError"):
        examples.shown("<!-- run: code/bad.py bad -->")
    with pytest.raises(ExampleError, match=r"good.py has no example other; there is: good"):
        examples.shown("<!-- run: code/good.py other -->")

    assert shown == ('```python\nx = 6 * 7\nprint(x)\n```\n\n```text title="It prints"\n42\n```')


@pytest.mark.parametrize("page", ["gotchas.md", "interview.md", "from-other-orms.md"])
def test_every_example_of_a_page_runs(page):
    """An answer for an interview that fails in the interview helps nobody."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")

    shown = Examples(ROOT / "docs").shown(text)

    assert "<!-- run:" in text
    assert "<!-- run:" not in shown


def test_the_editor_needs_no_bundler():
    """A bare import is an error in a browser; a word in a comment is none."""
    files = {
        "package.json": b'{"name": "x", "module": "dist/index.js"}',
        "dist/index.js": b"import { A } from '@codemirror/view';\n// from 'elsewhere'\n",
    }

    assert editor_module(files.__getitem__) == (
        b"import { A } from './codemirror-view.js';\n// from 'elsewhere'\n"
    )
    assert module_file("@marijn/find-cluster-break@1.0.4") == "marijn-find-cluster-break.js"


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for npm")
def test_npm_without_a_network_is_one_line_with_a_remedy(tmp_path, monkeypatch):
    """Whoever builds the site behind a proxy needs the cause, not a traceback."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho ENOTFOUND >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NpmError) as caught:
        opened("crelt@1.0.7", tmp_path / "cache")

    assert str(caught.value) == (
        "npm cannot get crelt@1.0.7: ENOTFOUND; check network and proxy, then try again"
    )


def test_scripts_leave_the_pages(tmp_path):
    """One policy without hashes fits every page, wherever the site is put."""
    page = tmp_path / "a" / "b" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<script>go()</script><script src='x'></script>", encoding="utf-8")
    missing = tmp_path / "404.html"
    style = '<link href="/deep/assets/stylesheets/main.css">'
    missing.write_text(f"{style}<script>go()</script>", encoding="utf-8")

    polish(tmp_path)

    [script] = (tmp_path / "assets" / "inline").iterdir()
    assert script.read_text(encoding="utf-8") == "go()"
    link = f"assets/inline/{script.name}"
    assert f'<script src="../../{link}"></script><script src=' in page.read_text("utf-8")
    assert f'<script src="/deep/{link}">' in missing.read_text("utf-8")
