"""The pages in a real browser: a phone and a desk, light and dark, and what axe says."""

import os
import shutil
import subprocess
import tarfile
from importlib.util import find_spec

import pytest

from tests.workbook.grade.test_outputs import course, nasty, store, written  # noqa: F401 - fixtures

AXE = "axe-core@4.14.1"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
WINDOWS = [(360, "dark"), (1440, "light"), (360, "light"), (1440, "dark")]


def give_up(reason):
    """Skip; in CI fail."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def browser():
    """A browser of this machine."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None or not find_spec("playwright"):
        give_up("no browser: Chromium or playwright is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The text of axe-core, from npm."""
    npm = shutil.which("npm")
    folder = tmp_path_factory.mktemp("axe")
    done = npm and subprocess.run([npm, "pack", AXE], cwd=folder, capture_output=True, check=False)
    if not done or done.returncode:
        give_up(f"npm cannot bring {AXE}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def look(browser, path, axe, width, scheme):
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
    page.evaluate(axe)
    answer = page.evaluate("axe.run({resultTypes: ['violations']})")
    context.close()
    serious = [v for v in answer["violations"] if v["impact"] in ("serious", "critical")]
    wrong += [
        f"{v['id']}: {n['target']} {n['failureSummary']}" for v in serious for n in v["nodes"]
    ]
    return wrong + ["wider than the window"] * wide


@pytest.mark.parametrize(
    "window",
    [pytest.param(w, marks=[pytest.mark.thorough] * (n > 1)) for n, w in enumerate(WINDOWS)],
)
def test_pages_can_be_read_by_everybody(course, tmp_path, browser, axe, window):  # noqa: F811
    """On a phone at night, and with a screen reader."""
    nasty(course)
    report = written(course, tmp_path) / "report"

    for path in report.rglob("*.html"):
        assert look(browser, path, axe, *window) == [], path.name


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
