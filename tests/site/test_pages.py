"""Every page: nothing from elsewhere, no error, no dead link, readable for everybody."""

import re
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from workbook.home import find_home

pytestmark = pytest.mark.xdist_group("site")  # one build for all of them
SOME = ("", "lessons/02_repository/", "application/", "interview/")
NOWHERE = "http://site"


class Page(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Collect what can be followed, and what can be reached."""
        found = dict(attrs)
        self.ids.update(filter(None, (found.get("id"), found.get("name"))))
        self.links.update(filter(None, (found.get("href"), found.get("src"))))


def pages(site):
    """Return the address of each page below the site, and its file."""
    found = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html")}
    return {re.sub(r"index\.html$", "", name): path for name, path in found.items()}


def test_every_link_and_anchor_leads_somewhere(site):
    """A link that leads nowhere costs a reader's trust in all the others."""
    read = cache(Page)
    dead = []
    for name, path in pages(site).items():
        for link in read(path).links:
            target = urlsplit(urljoin(f"{NOWHERE}/{name}", link))
            if f"{target.scheme}://{target.netloc}" != NOWHERE or name == "404.html":
                continue
            file = site / unquote(target.path).lstrip("/")
            file = file / "index.html" if target.path.endswith("/") else file
            anchors = read(file).ids if file.suffix == ".html" and file.is_file() else ()
            if not file.is_file() or (target.fragment and unquote(target.fragment) not in anchors):
                dead.append(f"{name}: {link}")

    assert dead == []


def test_every_listing_is_there(site):
    """A snippet whose mark was mangled shows its mark and no code."""
    tag, mark = re.compile(r"<[^>]+>"), re.compile(r"--\s*8\s*&lt;")
    shown = {name: tag.sub("", p.read_text(encoding="utf-8")) for name, p in pages(site).items()}

    assert [name for name, text in shown.items() if mark.search(text)] == []


def test_no_page_holds_a_script(site):
    """One policy without hashes is enough only while this is so."""
    inline = re.compile(
        r"<script>|<script (?![^>]*(src=|type=.application/json))|<\w[^<>]*\son\w+=\""
    )
    found = [name for name, path in pages(site).items() if inline.search(path.read_text("utf-8"))]

    assert found == []


def test_the_built_files_name_no_machine(site):
    """A page that shows where it was built tells strangers about a machine of ours."""
    root = str(find_home().root)

    assert [name for name, path in pages(site).items() if root in path.read_text("utf-8")] == []


@pytest.mark.parametrize("path", SOME)
def test_a_page_is_quiet_and_accessible(visit, violations, path):
    """Nothing foreign, nothing failed, no error; nobody is left out."""
    page = visit.to(path)

    assert visit.wrong == []
    assert violations(page) == []


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_quiet_and_accessible(browser, violations, address, site, scheme):
    """The same for all of them, in both colour schemes and on a phone."""
    from tests.site.conftest import Visit

    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    found = []
    for name in set(pages(site)) - {"404.html"}:  # its links are those of the published address
        visit = Visit(context.new_page(), address)
        page = visit.to(name)
        found += [f"{name}: {text}" for text in [*visit.wrong, *violations(page), *wide(page)]]
        page.close()
    context.close()

    assert found == []


def wide(page):
    """Return a complaint if the page itself must be scrolled sideways."""
    size = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    return [f"{size[0]} px wide in a window of {size[1]}"] if size[0] > size[1] else []
