"""The built site, served as a strict server would: a sub-path, a policy, no other host."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbook.home import find_home

PREFIX = "/deep/down/"


@pytest.fixture(scope="session")
def tools(give_up):
    """What the site is built and visited with is installed."""
    if not (find_spec("material") and find_spec("playwright")):
        give_up("MkDocs is missing: `python3 run.py site` installs it")


@pytest.fixture(scope="session")
def site(tools, tmp_path_factory):
    """The folder of the site, built once for all of these tests."""
    from workbook.site.__main__ import mkdocs
    from workbook.site.polish import polish
    from workbook.site.stage import Stage

    folder = tmp_path_factory.mktemp("site")
    stage = Stage(find_home(Path(__file__)), folder / "stage")
    stage.fill()
    assert mkdocs(stage, "build", "--strict", "--quiet", "--site-dir", str(folder / "site")) == 0
    polish(folder / "site")
    return folder / "site"


class Strict(SimpleHTTPRequestHandler):
    """Serves a folder below PREFIX, under the policy that `about/site.md` prints."""

    extensions_map = {  # noqa: RUF012 - the name and the kind are the library's
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def translate_path(self, path):
        inside = path.startswith(PREFIX)
        return super().translate_path("/" + path.removeprefix(PREFIX) if inside else "/nowhere")

    def end_headers(self):
        from workbook.site.polish import POLICY

        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "max-age=60")
        super().end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    thread.join()
    server.server_close()


class Visit:
    """A page that remembers what went wrong in it: failed or foreign requests, errors."""

    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.wrong = []
        self.asked = []
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))
        page.on("request", self.request)
        page.on("response", self.response)

    def console(self, message):
        """Remember errors and warnings."""
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def request(self, request):
        """Remember what was asked for, and whether it is any other place."""
        self.asked.append(request.url.removeprefix(self.address))
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"foreign: {request.url}")

    def response(self, response):
        """Remember an answer that is none."""
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def to(self, path):
        """Open a page of the site and wait until it is quiet."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def visit(browser, address):
    """A new visitor of the site."""
    with_page = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Visit(with_page.new_page(), address)
    with_page.close()
