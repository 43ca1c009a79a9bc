"""A lesson's first run and its later runs in a real browser, and the bytes that travel for them.

    python -m bench.site      # needs what `python3 run.py site` installs, and Chromium

It builds the site first. Rounds are interleaved: each has a new profile, a first run, then a run
after an edit.
"""

import gzip
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.results import write_section

SITE = Path(__file__).resolve().parents[1] / "site"
ROUNDS = 7
LONGEST_MS = 300_000


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site and says nothing."""

    extensions_map = {  # noqa: RUF012 - the name and the kind are the library's
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the site on the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def run(page: Page) -> float:
    """Press Run; return the seconds until the answer stands there."""
    page.evaluate("document.querySelector('.answer').replaceChildren()")
    started = time.monotonic()
    page.click("workbook-runner button.main")
    page.wait_for_selector("workbook-runner .score", timeout=LONGEST_MS)
    return time.monotonic() - started


def one_round(page: Page, address: str) -> tuple[float, float, set[str]]:
    """Return the seconds of the first run and of the second, and what was asked for by Run."""
    asked: set[str] = set()
    page.goto(f"{address}lessons/02_repository/")
    page.wait_for_selector("workbook-runner[data-ready]")
    page.wait_for_load_state("networkidle")
    page.context.on("request", lambda request: asked.add(request.url.removeprefix(address)))
    first = run(page)
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n# an edit\n")
    return first, run(page), asked


def main() -> int:
    """Measure, and write the section of bench/RESULTS.md."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.stderr.write("needs Chromium on PATH; on Debian: apt-get install chromium\n")
        return 2
    built = build()
    rounds = []
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        version = browser.version
        for _ in range(ROUNDS):
            context = browser.new_context()
            rounds.append(one_round(context.new_page(), address))
            context.close()
        browser.close()
    first, second, asked = zip(*rounds, strict=True)
    files = [SITE / name for name in set.union(*asked)]
    write_section("site", section(first, second, files, version, built))
    return 0


def build() -> str:
    """Build the site with the npm packages at hand; return how long it took."""
    before, started = os.times(), time.monotonic()
    subprocess.check_call([sys.executable, "-m", "workbook.site"], cwd=SITE.parent)
    seconds, after = time.monotonic() - started, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return f"{seconds:.0f}, of the processor {used:.0f}"


def section(
    first: tuple[float, ...],
    second: tuple[float, ...],
    files: list[Path],
    version: str,
    built: str,
) -> str:
    """Return the text of the section."""
    raw = sum(file.stat().st_size for file in files)
    small = sum(len(gzip.compress(file.read_bytes())) for file in files)
    total = sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())
    chromium, system = version.partition(".")[0], platform.system()
    pages = sum(1 for _ in SITE.rglob("*.html"))
    load, processors = os.getloadavg()[1], os.cpu_count()
    return f"""## A lesson in the page

Lesson 02 in Chromium {chromium}, served from the same machine ({system}).
When it ended, the load average was {load:.0f} on {processors} processors, its own work included.
The median of {ROUNDS} interleaved rounds, each in a new profile; smallest and largest in brackets.

| | seconds |
| --- | --- |
| first run: from the click to the verdict of 17 tests | {spread(first)} |
| again, after an edit | {spread(second)} |
| building all {pages} pages | {built} |

The first run asks for {len(files)} files: {raw / 1e6:.1f} MB, {small / 1e6:.1f} MB when compressed.
Later runs ask for nothing. The whole site has {total / 1e6:.1f} MB.
"""


def spread(seconds: tuple[float, ...]) -> str:
    """Return median, smallest and largest."""
    return f"{statistics.median(seconds):.1f} [{min(seconds):.1f} .. {max(seconds):.1f}]"


if __name__ == "__main__":
    sys.exit(main())
