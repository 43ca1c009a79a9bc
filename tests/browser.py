"""The Chromium of this machine, for tests that look at a page with eyes.

Never downloads a browser: playwright only drives what is there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
QUIET = (
    "--no-sandbox",  # who tests as root, in a container, has no other choice
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # there is no other host
)
AXE = "axe-core@4.14.1"


class BrowserMissingError(Exception):
    """No page can be opened here; the message says what is missing and how to get it."""


def find_chromium() -> Path | None:
    """Return the program: that of CHROMIUM, else where PATH or the usual folders lead."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    on_path = (shutil.which(name) for name in NAMES)
    found = next(filter(None, on_path), None) or next(filter(os.path.exists, PLACES), None)
    return Path(found) if found else None


@contextmanager
def open_browser() -> Iterator["Browser"]:
    """Give the block a headless Chromium, which is gone when the block ends.

    Never longer than one test: while playwright runs, nothing else can run an event loop.

    Raises:
        BrowserMissingError: there is no Chromium, or playwright is not installed.
    """
    program = find_chromium()
    if program is None or not program.exists():
        remedy = "install chromium (Debian: apt install chromium), or set CHROMIUM"
        raise BrowserMissingError(f"{program} is not there; {remedy}" if program else remedy)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserMissingError("pip install 'unit-of-workbook[browser]'") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


@cache
def axe() -> str:
    """Return the text of axe-core, which npm brings once."""
    from workbook.home import find_home
    from workbook.site.npm import opened

    return opened(AXE, find_home().root / "build" / "npm")("axe.min.js").decode()


def violations(page: "Page") -> list[str]:
    """Return what axe calls serious or critical on a page."""
    page.evaluate(axe())
    answer = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in answer["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
