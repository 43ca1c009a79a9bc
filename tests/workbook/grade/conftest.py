"""What the tests of the grader ask for: the lessons, a tier, workers, things to protect."""

import contextlib
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workbook.curriculum import find_lesson, load_lessons
from workbook.derive import solution, starter
from workbook.grade import tiers
from workbook.grade.pair import Options, Pair
from workbook.grade.store import Store
from workbook.grade.submissions import Submission
from workbook.grade.workers import Limits
from workbook.home import find_home

HOME = find_home(Path(__file__))
LESSONS = load_lessons(HOME.lessons)
SEED = 20_260_302
RESTING = 2  # the base and the warm parent of a worker


def lesson(word):
    """Return a lesson by its number."""
    return find_lesson(LESSONS, word)


def texts(name, kind):
    """Return the files of a lesson's starter or solution, as bytes."""
    make = {"starter": starter, "solution": solution}[kind]
    return {file: text.encode() for file, text in make(lesson(name), HOME).items()}


@pytest.fixture
def open_store():
    """Opens the store of a file; it is closed after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda path: stack.enter_context(contextlib.closing(Store(path)))


@pytest.fixture(scope="session")
def tier(give_up):
    """The tier that this machine offers; tests that need walls are skipped without one."""
    found = tiers.best()
    if not tiers.is_trusted(found.tier):
        give_up(f"no walls on this machine: {found.failure}")
    return found.tier


@dataclass
class Desk:
    """Two warm workers for one lesson after the other."""

    tier: str
    limits: Limits = field(default_factory=lambda: Limits(timeout_s=30))

    def __post_init__(self):
        self._pair = Pair(Options(self.tier, limits=self.limits))
        self.points, self.feedback = self._pair.points, self._pair.feedback
        self._expected = {}

    def expectation(self, name):
        """Return what is expected of a lesson; the reference is run once."""
        if name not in self._expected:
            self._expected[name] = self._pair.expect(lesson(name), HOME, SEED)
        return self._expected[name]

    def grade(self, name, files):
        """Return the mark of these files."""
        submission = Submission("ann", lesson(name).slug, files)
        return self._pair.grade(self.expectation(name), submission)

    def observe(self, name, files):
        """Return whether each task was seen as the reference shows it, without any tests."""
        expectation = self.expectation(name)
        if self.points.lesson is not expectation.lesson:
            self.points.open(expectation.lesson)
        run = self.points.run(files, seeds=list(expectation.seeds), read=True)
        return expectation, run

    def close(self):
        """End the workers."""
        self.points.stop()
        self.feedback.stop()


@pytest.fixture(scope="module")
def desk(tier):
    """A desk that every test of a module shares, as a cohort shares one."""
    desk = Desk(tier)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def hasty(tier, desk):
    """A desk without patience, for code that never ends."""
    hasty = Desk(tier, Limits(timeout_s=2))
    hasty._expected = desk._expected
    yield hasty
    hasty.close()


@pytest.fixture
def guarded(tmp_path):
    """What no submission may reach: a secret, a folder, two servers; `harm()` names what it did."""
    with contextlib.closing(Guarded(tmp_path)) as guarded:
        yield guarded


class Guarded:
    """Things outside of the walls, open to everybody, so that only the walls protect them."""

    def __init__(self, folder):
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.secret = folder / "secret"
        self.secret.write_text("{'before commit': 0, 'after commit': 1}")
        for parent in (folder, *folder.parents[:2]):
            with contextlib.suppress(PermissionError):
                parent.chmod(0o755)
        self.outside.chmod(0o777)
        self.secret.chmod(0o666)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0)
        self.local = socket.socket(socket.AF_UNIX)
        self.has_local = len(str(self.outside / "socket")) < 100
        if self.has_local:
            self.local.bind(str(self.outside / "socket"))
            (self.outside / "socket").chmod(0o777)
            self.local.listen()
            self.local.settimeout(0)

    def code(self, text):
        """Return an attack's code with the paths it is after."""
        port = str(self.server.getsockname()[1])
        text = text.replace("OUTSIDE", str(self.outside)).replace("SECRET", str(self.secret))
        return text.replace("PORT", port)

    def harm(self):
        """Return what a submission reached; nothing is the good answer."""
        found = [p.name for p in self.outside.iterdir() if p.name != "socket"]
        if self.secret.stat().st_mode & 0o777 != 0o666 or "changed" in self.secret.read_text():
            found.append("the secret was changed")
        for server in (self.server, self.local):
            with contextlib.suppress(OSError):
                server.accept()
                found.append("somebody connected")
        return found

    def close(self):
        """Let the servers go."""
        self.server.close()
        self.local.close()


def left_behind(worker, patience_s=20.0):
    """Return the processes of a worker beyond its base and its warm parent, when it has rested.

    The one that has answered may still be on its way out: the answer comes first.
    """
    until = time.monotonic() + patience_s
    while len(found := _processes_of(worker)) > RESTING and time.monotonic() < until:
        threading.Event().wait(0.01)
    return found[RESTING:]


def _processes_of(worker):
    """Return the processes that belong to a worker, by the folder in their command line."""
    if sys.platform != "linux" or worker._folder is None:
        return []
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(worker._folder) in path.read_bytes():
                found.append(int(path.parent.name))
    return found
