"""How long a learner waits for a verdict: our watcher and command beside what others do.

Never compares a wait with another day's: everything takes turns in one run. `python3 run.py bench`
prints the section and writes it to RESULTS.md. Two of the others are no packages: WORKBOOK_BENCH
names a folder with clones of `python-test-runner` and `python_koans`, and a `venv` with what the
first one needs. Without it they are left out.
"""

import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pexpect

from bench.results import write_section
from workbook.curriculum import Lesson, load_lesson, load_lessons
from workbook.derive import starter
from workbook.home import Home

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
LESSON = "02_repository"
BASE = "`pytest`, no plugins"
SUM = re.compile(r"\d+ (failed|passed)[^\n]* in [\d.]+s")
PATIENCE_S = 120

Measure = Callable[[], float]


@dataclass(frozen=True)
class Way:
    """One way to get a verdict: what is run, and what we aim at."""

    name: str
    what: str
    measure: Measure
    aim: str = ""


def workspace(folder: Path) -> Home:
    """Make a copy of the lessons, each with its starter."""
    for part in ("lessons", "solutions"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "pyproject.toml", folder)
    home = Home(folder)
    for lesson in load_lessons(home.lessons):
        for name, text in starter(lesson, home).items():
            (lesson.folder / name).write_text(text, encoding="utf-8")
    return home


def environment() -> dict[str, str]:
    """Return what a learner's shell has, without what this one adds."""
    skip = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "CI")
    kept = {name: value for name, value in os.environ.items() if name not in skip}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def run(folder: Path, *words: str) -> float:
    """Return how many seconds a command takes; it ends with a verdict, good or bad."""
    here = environment() | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    started = time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=here, capture_output=True, check=False)
    took = time.perf_counter() - started
    if b"Traceback" in done.stderr:
        raise RuntimeError(f"{words} ended with status {done.returncode}: {done.stderr!r}")
    return took


def cold(folder: Path, *words: str) -> Measure:
    """Return how to measure a Python command that starts anew each time."""
    return lambda: run(folder, sys.executable, "-m", *words)


class Watched:
    """A program in a terminal that runs the tests after each save."""

    def __init__(self, folder: Path, file: Path, words: list[str], signs: list[str]) -> None:
        self._file = file
        self._signs = signs
        self._numbers = itertools.count()
        self._text = file.read_text(encoding="utf-8")
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", *words],
            cwd=str(folder),
            env=environment(),
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=PATIENCE_S,
        )
        self._child.delaybeforesend = None

    def ready(self, *steps: tuple[str, str]) -> "Watched":
        """Wait for the first screens, and press a key after each."""
        for sign, key in steps:
            self._child.expect(sign)
            self._child.send(key)
        self._settle()
        return self

    def save(self) -> float:
        """Save the file; return the seconds until its verdict stands on the screen."""
        text = f"{self._text}# {next(self._numbers)}\n"
        started = time.perf_counter()
        self._file.write_text(text, encoding="utf-8")
        for sign in self._signs:
            self._child.expect(sign)
        took = time.perf_counter() - started
        self._settle()
        return took

    def _settle(self) -> None:
        """Wait until nothing is printed any more."""
        while self._child.expect([r".+", pexpect.TIMEOUT], timeout=0.3) == 0:
            pass

    def close(self) -> None:
        """End the program."""
        self._child.close(force=True)


def watcher(home: Home, lesson: Lesson) -> Watched:
    """Start our watcher on a lesson, its prediction skipped."""
    file = lesson.folder / lesson.files[0].name
    words = ["workbook", "watch", str(lesson.number)]
    ours = Watched(home.root, file, words, ["checking", r"checked \d\d"])
    return ours.ready(("expect\\?", "\r"), (r"checked \d\d", ""))


def pytest_watcher(home: Home, slug: str) -> Watched:
    """Start pytest-watcher on a lesson; it runs plain pytest without plugins."""
    lesson = load_lesson(home.lessons / slug)
    file = lesson.folder / lesson.files[0].name
    folder = str(lesson.folder)
    theirs = Watched(home.root, file, ["pytest_watcher", "--now", folder, folder], [SUM.pattern])
    return theirs.ready((SUM.pattern, ""))


def ways(home: Home, lesson: Lesson, stack: ExitStack) -> Iterator[Way]:
    """Yield all ways to a verdict on one lesson, and two others' on their own exercises."""
    another = stack.enter_context(tempfile.TemporaryDirectory(prefix="workbook-bench-"))
    number, folder = str(lesson.number), str(lesson.folder)
    ours = stack.enter_context(closing(watcher(home, lesson)))
    theirs = stack.enter_context(closing(pytest_watcher(workspace(Path(another)), lesson.slug)))
    yield Way("`workbook`, watching", "save to verdict", ours.save, "150 ms")
    yield Way("`workbook check`", "cold", cold(home.root, "workbook", "check", number), "500 ms")
    yield Way("`workbook --help`", "cold", cold(home.root, "workbook", "--help"), "100 ms")
    imports = (sys.executable, "-c", "import pytest, sqlalchemy.orm")
    yield Way("importing pytest and SQLAlchemy", "no verdict", lambda: run(home.root, *imports))
    yield Way(BASE, "cold", cold(home.root, "pytest", folder))
    every = "addopts=--import-mode=importlib -p workbook.plugin"
    yield Way("`pytest`, every plugin", "cold", cold(home.root, "pytest", "-o", every, folder))
    yield Way(f"pytest-watcher {version('pytest-watcher')}", "save to verdict", theirs.save)
    if others := os.environ.get("WORKBOOK_BENCH"):
        yield from clones(Path(others))


def clones(others: Path) -> Iterator[Way]:
    """Yield the two that run their own exercises, which hold no database."""
    python = str(others / "venv" / "bin" / "python")
    runner = others / "python-test-runner"
    words = ("bin/run.py", "example-all-fail", "test/example-all-fail/", f"{others}/out/")
    yield Way(
        "exercism's Python test runner",
        "cold, its `example-all-fail`, no SQLAlchemy",
        lambda: run(runner, python, *words),
    )
    koans = others / "python_koans"
    yield Way(
        "python_koans",
        "cold, its first koan, no SQLAlchemy, no pytest",
        lambda: run(koans, python, "contemplate_koans.py"),
    )


def take_turns(measures: dict[str, Measure]) -> dict[str, list[float]]:
    """Return the seconds of each, measured in rounds; the first round warms up and is dropped."""
    took: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS + 1):
        for name, measure in measures.items():
            took[name].append(measure())
    return {name: seconds[1:] for name, seconds in took.items()}


def ratio(ours: list[float], base: list[float]) -> str:
    """Return the median of the ratios of each round."""
    return f"{statistics.median(a / b for a, b in zip(ours, base, strict=True)):.2f}"


def row(*cells: str) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"


def ms(seconds: float) -> str:
    """Return milliseconds as a text."""
    return f"{1000 * seconds:.0f} ms"


def ways_table(home: Home) -> list[str]:
    """Return the table of all ways to a verdict."""
    lesson = next(x for x in load_lessons(home.lessons) if x.slug == LESSON)
    with ExitStack() as stack:
        found = list(ways(home, lesson, stack))
        took = take_turns({way.name: way.measure for way in found})
    lines = [row("way to a verdict", "what is timed", "median", "minimum", f"beside {BASE}", "aim")]
    lines.append(row(*["---"] * 6))
    for way in found:
        seconds = took[way.name]
        median, least = ms(statistics.median(seconds)), ms(min(seconds))
        lines.append(row(way.name, way.what, median, least, ratio(seconds, took[BASE]), way.aim))
    return lines


def lessons_table(home: Home) -> list[str]:
    """Return the table of waits in each lesson, beside a cold pytest of the same lesson."""
    lines = [row("lesson", "save to verdict", "minimum", BASE, "ratio"), row(*["---"] * 5)]
    for lesson in load_lessons(home.lessons):
        with closing(watcher(home, lesson)) as ours:
            plain = cold(home.root, "pytest", str(lesson.folder))
            took = take_turns({"ours": ours.save, "plain": plain})
        middle = {name: ms(statistics.median(seconds)) for name, seconds in took.items()}
        least = ms(min(took["ours"]))
        share = ratio(took["ours"], took["plain"])
        lines.append(row(lesson.slug, middle["ours"], least, middle["plain"], share))
    return lines


HOW = """\
From the moment a file is saved, or a command is started, until its verdict stands in the terminal.
Lesson {lesson}, its starter; Python {python}, pytest {pytest}, SQLAlchemy {sqlalchemy}; 2 cores,
load {load} when it began. Ways take turns, {rounds} rounds; a ratio is the median of the ratios of
each round. "No plugins" switches plugin autoload off, as this project does.
The aims were set beside measurements on a machine that imports pytest and SQLAlchemy in 0.3 s."""

BUSY = """
The machine was busy: read the ratios."""


def section() -> str:
    """Run everything and return the section."""
    load = f"{os.getloadavg()[0]:.1f}"
    with tempfile.TemporaryDirectory(prefix="workbook-bench-") as folder:
        home, fresh = workspace(Path(folder) / "one"), workspace(Path(folder) / "other")
        how = HOW.format(
            lesson=LESSON,
            python=sys.version.split()[0],
            pytest=version("pytest"),
            sqlalchemy=version("sqlalchemy"),
            load=load,
            rounds=ROUNDS,
        )
        how += BUSY if float(load) > 1 else ""
        lines = ["## Waiting for a verdict", "", how, "", *ways_table(home), ""]
        lines += ["Each lesson, saved in the watcher, beside a cold run of the same lesson.", ""]
        lines += lessons_table(fresh)
    return "\n".join(lines)


if __name__ == "__main__":
    text = section()
    write_section("feedback", text)
    sys.stdout.write(f"{text}\n")
