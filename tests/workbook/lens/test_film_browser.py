"""The film in a real browser: from disk, without a network, with the keys, on a phone, at night."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.domain.clock import utc_now
from workbook.lens.timeline import lens

QUIET = ["created_at", "updated_at", "deleted_at", "reference", "version"]
PHONE = {"width": 400, "height": 800}
SHOWN = ".uf-step.uf-now .uf-label"
BRIGHTNESS = """
(element, property) => {
    for (let one = element; one; one = one.parentElement) {
        const [r, g, b, a] = getComputedStyle(one)[property].match(/[\\d.]+/g).map(Number);
        if (a !== 0) return r * 0.3 + g * 0.6 + b * 0.1;
    }
    return 255;
}"""


@pytest.fixture
def saved(wal_engine: Engine, tmp_path):
    """A film as a page on disk, and the labels of its steps."""
    session = Session(wal_engine)
    with lens(session, hide=QUIET, title="A case and its note") as film:
        case = CaseRecord(id="CASE-001", title="Broken lamp, seen by the driver", status="DRAFT")
        session.add(case)
        session.flush()
        case.notes.append(CaseNoteRecord(text="the driver was called", created_at=utc_now()))
        session.commit()
    session.close()
    path = tmp_path / "film.html"
    film.save(path)
    return path.as_uri(), [step.label for step in film.steps]


@pytest.fixture
def opened(browser, saved):
    """Opens the page with the network off; the answer has every address that was asked for."""

    def open_page(**options):
        context = browser.new_context(offline=True, **options)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.asked.append(f"error: {error}"))
        page.goto(saved[0])
        page.wait_for_selector(SHOWN)
        return page

    return open_page


def test_a_film_on_disk_asks_nobody(opened, saved) -> None:
    """Somebody opens it from a mail, on a train."""
    page = opened()

    assert page.asked == [saved[0]]
    assert page.locator(".uf-step:visible").count() == 1


def test_the_keys_step_through_it(opened, saved) -> None:
    """A reader keeps the eyes on the panes, not on a button."""
    page, labels = opened(), saved[1]
    page.locator("uow-film").focus()

    for label in labels:
        assert page.locator(SHOWN).inner_text() == label
        page.keyboard.press("ArrowRight")
    assert page.locator(SHOWN).inner_text() == labels[-1], "there is nothing behind the last step"
    page.keyboard.press("ArrowLeft")
    assert page.locator(SHOWN).inner_text() == labels[-2]
    page.keyboard.press("Home")
    assert page.locator(SHOWN).inner_text() == labels[0]
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == f"0: {labels[0]}"


def test_the_buttons_end_where_the_film_ends(opened, saved) -> None:
    """A button that does nothing makes people press it again."""
    page = opened()
    back, forth = (page.get_by_role("button", name=name) for name in ("Previous", "Next"))

    assert back.is_disabled()
    for _ in saved[1][1:]:
        forth.click()
    assert forth.is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_on_a_phone_by_day_and_by_night(opened, scheme: str) -> None:
    """A reader holds it upright: nothing may stand beside the screen, or be dark on dark."""
    page = opened(viewport=PHONE, color_scheme=scheme)
    page.locator("uow-film").focus()
    page.keyboard.press("End")

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    label = page.locator(SHOWN)
    ink = label.evaluate(f"one => ({BRIGHTNESS})(one, 'color')")
    paper = label.evaluate(f"one => ({BRIGHTNESS})(one, 'backgroundColor')")
    assert abs(ink - paper) > 120
    assert (ink > paper) == (scheme == "dark")


JUPYTERLAB = """
.output dl, .output dt, .output dd { display: block; }
.output dt { float: left; width: 20%; } .output dd { float: left; width: 80%; }
.common ul:not(.inline), .common ol:not(.inline) { padding-left: 2em; }
.themed .common :not(pre) > code { padding: 1px 5px; background-color: red; }"""


def test_the_styles_of_a_notebook_stay_outside(browser, saved, tmp_path) -> None:
    """JupyterLab gave a name a fifth of a column: it was written letter below letter."""
    film = (tmp_path / "film.html").read_text(encoding="utf-8").partition("<body")[2]
    page = browser.new_context(viewport=PHONE).new_page()
    page.set_content(
        f'<style>{JUPYTERLAB}</style><div class="output"><div class="themed"><div class="common">'
        f"<div{film}</div></div></div>"
    )
    page.wait_for_selector(SHOWN)
    page.locator("uow-film").focus()
    page.keyboard.press("End")

    def computed(what, name):
        found = page.locator(f".uf-now {what}").first
        return found.evaluate("(one, name) => getComputedStyle(one)[name]", name)

    assert computed(".uf-card dt", "float") == "none"
    assert computed("ul.uf-cards", "paddingLeft") == "0px"
    assert computed("code", "backgroundColor") == "rgba(0, 0, 0, 0)"
    one_line = 20
    assert page.locator(".uf-now .uf-card dt").last.bounding_box()["height"] < one_line


def test_without_a_script_it_is_a_list_of_steps(browser, saved) -> None:
    """A mail program, or a page with a strict policy, runs no script."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(saved[0])

    assert page.locator(".uf-step:visible").count() == len(saved[1])
