"""Somebody at a real terminal: presses keys, saves files, reads what stands on the screen."""

import contextlib
import os
import shutil
import sys
import time

import pytest

from workbook.curriculum import load_lesson
from workbook.derive import solution, starter

try:
    import pexpect
    import pyte
except ImportError:  # there are no such terminals on Windows
    collect_ignore_glob = ["test_*.py"]

ROOT = os.fspath(__import__("pathlib").Path(__file__).parents[3])
PATIENCE_S = 60  # for a machine with much to do; nobody waits for it when the text is there


class Person:
    """One person with one terminal of 80 columns and 24 rows."""

    def __init__(self, home, *words, size=(80, 24), before=None, **variables):
        drop = ("CI", "PYTEST_XDIST_WORKER", "EDITOR", "VISUAL", "TERM_PROGRAM", "NO_COLOR")
        drop = {*drop, "COLUMNS", "LINES"}  # the size is that of the terminal
        environment = {k: v for k, v in os.environ.items() if k not in drop}
        environment |= {"PYTHONPATH": ROOT, "WORKBOOK_COMMAND": "workbook", "LANG": "C.UTF-8"}
        environment |= {"TERM": "xterm-256color", "PYTHONUTF8": "1"} | variables
        self.raw = ""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "workbook", *words],
            cwd=os.fspath(home.root),
            env=environment,
            dimensions=(size[1], size[0]),
            encoding="utf-8",
            codec_errors="replace",
            preexec_fn=before,
        )
        self.child.delaybeforesend = None

    @property
    def rows(self):
        """What stands on the screen now."""
        return [row.rstrip() for row in self._screen.display]

    def press(self, keys):
        """Press one key after the other."""
        self.child.send(keys)

    def sees(self, *texts, without=()):
        """Wait until all texts stand on the screen together, and the others do not."""
        end = time.monotonic() + PATIENCE_S
        while not self._all_there(texts, without):
            if not self._read(end - time.monotonic()):
                shown = "\n".join(self.rows)
                pytest.fail(f"{texts} (without {without}) never stood on the screen:\n{shown}")
        return self

    def _all_there(self, texts, without):
        shown = "\n".join(self.rows)
        flat = " ".join(shown.split())
        return all(t in shown or t in flat for t in texts) and not any(t in shown for t in without)

    def _read(self, patience):
        try:
            text = self.child.read_nonblocking(1 << 16, timeout=max(patience, 0))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += text
        self._stream.feed(text)
        return True

    def resize(self, columns, rows):
        """Give the window another size."""
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def leaves(self):
        """Wait for the end; return the exit status."""
        self.child.expect(pexpect.EOF, timeout=PATIENCE_S)
        self.raw += self.child.before
        self.child.wait()
        return self.child.exitstatus

    def close(self):
        """End the program if it still runs."""
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self.child.close(force=True)


@pytest.fixture
def sit_down(home):
    """Starts `workbook …` at a terminal in the small house; its starter is derived."""
    people = []
    put(home, starter(load_lesson(home.lessons / "01_counting"), home))

    def start(*words, at=home, **options):
        people.append(Person(at, *words, **options))
        return people[-1]

    yield start
    for person in people:
        person.close()


@pytest.fixture
def learner(sit_down):
    """Somebody who has skipped the prediction and sees the first verdict."""
    person = sit_down()
    person.sees("what do you expect?")
    person.press("\r")
    return person.sees("0 of 2 tasks", "checked")


def put(home, texts, lesson="01_counting"):
    """Save the files of a lesson, as an editor does: beside, then in its place."""
    for name, text in texts.items():
        path = home.lessons / lesson / name
        beside = path.with_name(f".{name}.swp")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


@pytest.fixture
def save(home):
    """Saves the learner's file of the small lesson."""
    return lambda text: put(home, {"exercise.py": text})


@pytest.fixture
def finished(home):
    """The text of the small lesson's solution."""
    return solution(load_lesson(home.lessons / "01_counting"), home)["exercise.py"]


@pytest.fixture
def two_lessons(home):
    """The small house with a second lesson, 02_boxes."""
    for part in (home.lessons, home.solutions):
        shutil.copytree(part / "01_counting", part / "02_boxes")
    toml = home.lessons / "02_boxes" / "lesson.toml"
    toml.write_text(toml.read_text("utf-8").replace('"Counting"', '"Boxes"'), "utf-8")
    put(home, starter(load_lesson(home.lessons / "02_boxes"), home), "02_boxes")
    return home
