"""How a film is shown: text, colour, HTML, JSON. Read as a browser, a schema and a person do."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import Base, CaseRecord
from workbook.lens.render import page
from workbook.lens.timeline import Film, lens

NASTY = "<script>alert('x')</script> & \"quotes\""


@pytest.fixture
def film(wal_engine: Engine) -> Film:
    with Session(wal_engine) as session:
        with lens(session, hide=["created_at", "updated_at"], title=NASTY) as film:
            case = CaseRecord(id="CASE-001", title=NASTY, status="DRAFT")
            session.add(case)
            session.commit()
            case.title = "Lamp"
            session.rollback()
            session.delete(case)
            session.commit()
        return film


class Reader(HTMLParser):
    """Collects what a browser would act on, and what it would show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text += data


def test_the_data_is_what_the_schema_says(film: Film) -> None:
    """Whoever reads the JSON in another language has only the schema."""
    schema = json.loads(page.asset("film.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    data = json.loads(json.dumps(film.to_data()))

    jsonschema.validate(data, schema)
    assert [step["label"] for step in data["steps"]] == [step.label for step in film.steps]
    assert data["steps"][3]["database"]["tables"][0]["rows"] == []
    assert data["steps"][4]["database"]["tables"][0]["rows"][0]["mark"] == "+"


def test_the_same_program_gives_the_same_data(tmp_path: Path) -> None:
    """A committed notebook is compared with a new run: no path, no time, no address."""
    found = []
    for name in ("one", "two"):
        engine = build_engine(f"sqlite:///{tmp_path / name}.db")
        Base.metadata.create_all(engine)
        with (
            Session(engine) as session,
            lens(session, hide=["created_at", "updated_at"]) as film,
        ):
            session.add(CaseRecord(id="CASE-001", title="Lamp", status="DRAFT"))
            session.flush()
        engine.dispose()
        found.append((film.html(), film.text(100)))

    assert found[0] == found[1]
    assert str(tmp_path) not in found[0][0]


@pytest.mark.parametrize("width", [40, 80, 100, 130, 200])
def test_text_keeps_within_its_width_and_tells_everything(film: Film, width: int) -> None:
    """A line that breaks in a terminal tears four panes apart."""
    shown = film.text(width)

    assert max(map(len, shown.splitlines()[1:])) <= width
    for step in film.steps:
        assert f"{step.number}/{len(film.steps) - 1}" in shown
    for pane in ("Your objects", "The Session", "This transaction", "Another connection"):
        assert shown.count(pane) == len(film.steps)
    assert "+ " in shown
    assert "~ " in shown
    assert "- " in shown


def test_rich_shows_the_same_in_colour(film: Film) -> None:
    """Colour is added to the signs, never put in their place."""
    console = Console(width=120, file=io.StringIO(), force_terminal=True, record=True)

    console.print(film)

    shown = " ".join(console.export_text().split())

    assert [step.label for step in film.steps if step.label not in shown] == []
    assert "+ CaseRecord 'CASE-001'" in shown


def test_the_page_is_well_formed_and_asks_nobody_for_anything(film: Film, tmp_path: Path) -> None:
    """It is opened from disk, in a train, by somebody who trusts it."""
    film.save(tmp_path / "film.html")
    html = (tmp_path / "film.html").read_text(encoding="utf-8")
    reader = Reader(html)

    assert reader.open == []
    assert not [tag for tag, _ in reader.tags if tag in {"link", "img", "iframe", "object"}]
    names = {name for _, attributes in reader.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in {"src", "href", "style"}]
    assert not re.search(r"https?:|url\(|@import", html)


def test_without_script_a_film_obeys_a_strict_policy(film: Film) -> None:
    """`script-src 'self'; style-src 'self'` must not break the site's pages."""
    tags = {tag for tag, _ in Reader(film.html(script="none")).tags}

    assert "uow-film" in tags
    assert not tags & {"script", "style"}
    assert page.asset("film.js") in film.html()
    assert page.asset("film.css") in film.html()


def test_the_page_says_in_words_what_it_shows_in_colour(film: Film) -> None:
    """A screen reader, and a browser without JavaScript, get the same story."""
    reader = Reader(film.html(script="none"))

    for step in film.steps:
        assert step.label in reader.text
    for word in ("came: ", "changed: ", "went: "):
        assert word in reader.text
    assert NASTY in reader.text


def test_what_users_write_stays_text(film: Film) -> None:
    """A title with a script in it must not run in the reader's notebook."""
    html = film.html(script="none")

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_names_in_a_step_are_unique(film: Film) -> None:
    """The animation moves a thing from its old place to its new one by its name."""
    for step in film.html(script="none").split('<li class="uf-step">')[1:]:
        names = re.findall(r'data-id="([^"]+)"', step)
        assert len(names) == len(set(names))


def test_a_notebook_shows_the_film_with_its_script(film: Film) -> None:
    """The last line of a cell is the film itself."""
    assert film._repr_html_() == film.html()
    assert "customElements.define" in film._repr_html_()
