"""A small cohort to try the grader on: right, partly right, mistaken, hostile, late, missing.

It is made from the lessons at hand, named as Canvas names what it hands to an instructor.
"""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.derive import Texts, solution, starter, with_piece
from workbook.home import Home

LESSONS = ("00_first_session", "02_repository")
WHEN = (2026, 3, 2, 12, 0, 0)  # the same bytes each time
ROSTER, CANVAS, SUBMISSIONS = "roster.csv", "canvas.csv", "submissions"
PEOPLE = {  # learner: name, number on the platform
    "ann": ("Ann Able", 101),
    "bob": ("Bob Baker", 102),
    "cyd": ("Cyd Clark", 103),
    "dan": ("Dan Dale", 104),
    "eve": ("Eve Evans", 105),
    "fay": ("Fay Fox", 106),
    "gil": ("Gil Grant", 107),
    "hal": ("Hal Hill", 108),
}
LATE = {"fay": "2"}
# What a forger would try: report success, and end before the tests do.
HOSTILE = """

import atexit, json, os, sys

print(json.dumps({"task": 1, "run": 0, "observed": {"before commit": 0}}))
atexit.register(os._exit, 0)
"""
PLANTED = """import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""
# Two people with the same idea: the second one has renamed its variables.
HELPER = """

def shortened(title: str, longest: int = 40) -> str:
    words = title.split()
    while len(" ".join(words)) > longest and len(words) > 1:
        words = words[:-1]
    return " ".join(words)[:longest] + ("" if len(title) <= longest else "…")
"""


@dataclass(frozen=True)
class Example:
    """What was written, and how to grade it."""

    folder: Path
    lessons: str = "00,02"


class ExampleError(Exception):
    """The example cannot be made; the message says what to do."""


def make(folder: Path, lessons: Mapping[str, Lesson], home: Home) -> Example:
    """Write the cohort into `folder`: submissions, a roster, and the table of a Canvas course.

    Raises:
        ExampleError: something else is in the folder already, or a lesson is missing.
    """
    missing = [slug for slug in LESSONS if slug not in lessons]
    if missing:
        raise ExampleError(f"the example needs the lessons {', '.join(missing)}")
    if folder.exists() and any(folder.iterdir()) and not (folder / ROSTER).exists():
        raise ExampleError(f"{folder} holds something else; choose another folder")
    (folder / SUBMISSIONS).mkdir(parents=True, exist_ok=True)
    for learner, files in _submissions(lessons, home):
        name, number = PEOPLE[learner]
        who = "".join(reversed(name.lower().split()))
        late = "LATE_" if learner in LATE else ""
        _zip(folder / SUBMISSIONS / f"{who}_{late}{number}_9{number}_work.zip", files)
    (folder / ROSTER).write_text(_roster(), encoding="utf-8")
    (folder / CANVAS).write_text(_canvas(lessons), encoding="utf-8")
    return Example(folder)


def _submissions(
    lessons: Mapping[str, Lesson], home: Home
) -> Iterator[tuple[str, dict[str, bytes]]]:
    session, repository = (lessons[slug] for slug in LESSONS)
    right = {slug: solution(lessons[slug], home) for slug in LESSONS}
    half = {slug: starter(lessons[slug], home, {1, 2}) for slug in LESSONS}
    notes_replaced = {repository.slug: _mistake(repository, home, "save_replaces_the_notes")}
    none_returned = {repository.slug: _mistake(repository, home, "get_returns_none")}
    committed = {session.slug: _mistake(session, home, "add_commits")}
    hostile = {slug: _with_tail(starter(lessons[slug], home), HOSTILE) for slug in LESSONS}
    helped = {slug: _with_tail(texts, HELPER) for slug, texts in half.items()}
    renamed = HELPER.replace("words", "parts").replace("longest", "most")
    copied = {slug: _with_tail(texts, renamed) for slug, texts in half.items()}
    yield "ann", _packed(right)
    yield "bob", _packed(helped)
    yield "cyd", _packed(right | notes_replaced)
    yield "dan", _packed(committed | none_returned)
    yield "eve", _packed(hostile) | {"lessons/conftest.py": PLANTED.encode()}
    yield "fay", _packed(copied)
    yield "hal", {f"lessons/{session.slug}/exercise.py": "# an odd editor".encode("utf-16")}


def _mistake(lesson: Lesson, home: Home, name: str) -> Texts:
    piece = (lesson.folder / "misconceptions" / f"{name}.py").read_text(encoding="utf-8")
    return with_piece(solution(lesson, home), piece)


def _with_tail(texts: Texts, tail: str) -> Texts:
    return {name: text + tail for name, text in texts.items()}


def _packed(work: Mapping[str, Texts]) -> dict[str, bytes]:
    return {
        f"lessons/{slug}/{name}": text.encode()
        for slug, texts in work.items()
        for name, text in texts.items()
    }


def _zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data)


def _roster() -> str:
    rows = [
        f"{key},{name},{key}@school.example,{number},{LATE.get(key, '')}"
        for key, (name, number) in PEOPLE.items()
    ]
    return "\n".join(["learner,name,email,id,late", *rows, ""])


def _canvas(lessons: Mapping[str, Lesson]) -> str:
    """Return the gradebook as a course on Canvas exports it, its cells still empty."""
    columns = [f"{lessons[slug].title} ({500 + lessons[slug].number})" for slug in LESSONS]
    points = [f"{lessons[slug].possible:.2f}" for slug in LESSONS]
    rows = [f"Student,ID,SIS User ID,SIS Login ID,Section,{','.join(columns)}"]
    rows.append(f"    Points Possible,,,,,{','.join(points)}")
    for key, (name, number) in PEOPLE.items():
        first, last = name.split()
        rows.append(f'"{last}, {first}",{number},,{key},Data access,,')
    return "\n".join([*rows, ""])
