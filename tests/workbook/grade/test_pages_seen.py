"""The pages in a real browser: a phone and a desk, light and dark, and what axe says."""

import pytest

from tests.workbook.grade.test_outputs import course, nasty, store, written  # noqa: F401 - fixtures

WINDOWS = [(360, "dark"), (1440, "light"), (360, "light"), (1440, "dark")]


def look(browser, violations, path, width, scheme):
    """Return what is wrong with a page: console, network, width, axe."""
    # The page's own policy lets no script in; axe is the tester's.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url))
    page.on("dialog", lambda dialog: (wrong.append("a dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    wrong.remove(path.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    wrong += violations(page)
    context.close()
    return wrong + ["wider than the window"] * wide


@pytest.mark.parametrize(
    "window",
    [pytest.param(w, marks=[pytest.mark.thorough] * (n > 1)) for n, w in enumerate(WINDOWS)],
)
def test_pages_can_be_read_by_everybody(course, tmp_path, browser, violations, window):  # noqa: F811
    """On a phone at night, and with a screen reader."""
    nasty(course)
    report = written(course, tmp_path) / "report"

    for path in report.rglob("*.html"):
        assert look(browser, violations, path, *window) == [], path.name


def test_the_policy_lets_no_script_in(course, tmp_path, browser):  # noqa: F811
    """If a text got through the escaping, the policy is the second wall."""
    path = written(course, tmp_path) / "report" / "index.html"
    page = path.read_text("utf-8")
    path.write_text(page.replace("<main>", "<main><script>document.title = 'x'</script>"), "utf-8")

    tab = browser.new_page()
    tab.goto(path.as_uri())

    assert tab.title() == "The class at a glance"
    assert (
        tab.evaluate("getComputedStyle(document.querySelector('h2')).borderBottomStyle") == "solid"
    )
    tab.close()
