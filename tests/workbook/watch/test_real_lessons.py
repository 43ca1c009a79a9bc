"""The whole loop on the real lessons, at a real terminal."""

import shutil

import pytest

from tests.workbook.watch.conftest import put
from workbook.curriculum import load_lessons
from workbook.derive import solution, starter, with_piece
from workbook.home import Home, find_home

REAL = find_home()
LESSONS = load_lessons(REAL.lessons)[:6]
FIRST = "02_repository"  # stands for all of them in the default suite


@pytest.fixture
def house(tmp_path):
    """A copy of the real lessons, each with its starter."""
    home = Home(tmp_path / "house")
    skip = shutil.ignore_patterns("__pycache__", "*.before-reset*")
    for part in ("lessons", "solutions"):
        shutil.copytree(REAL.root / part, home.root / part, ignore=skip)
    for lesson in LESSONS:
        put(home, starter(lesson, home), lesson.slug)
    return home


def sentence(text):
    """Return the first words of a text: a screen may break it later."""
    return " ".join(text.split()[:4])


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.slug, marks=[pytest.mark.thorough] * (lesson.slug != FIRST))
        for lesson in LESSONS
    ],
)
def test_the_loop_of_a_real_lesson(house, sit_down, lesson):
    """Prediction, each wrong answer, a syntax error, a reset, success, and all that opens then."""
    done, tasks = solution(lesson, house), len(lesson.tasks)
    person = sit_down("watch", lesson.slug[:2], at=house, size=(100, 60))
    person.sees("what do you expect?", lesson.predict.choices[0])
    person.press("1")
    person.sees(f"You said: {lesson.predict.choices[0]}", "It ran: ", "README.md#concept")
    person.press("\r")
    person.sees("checked", f"0 of {tasks} tasks", "next")

    wrong = lesson.misconceptions[: len(lesson.misconceptions) if lesson.slug != FIRST else 2]
    if lesson.slug == "04_api_wiring":
        wrong = ()  # each breaks other tasks too, and what was green before comes first
    for mistake in wrong:
        piece = lesson.folder / "misconceptions" / f"{mistake.slug.replace('-', '_')}.py"
        put(house, with_piece(done, piece.read_text(encoding="utf-8")), lesson.slug)
        person.sees(f"#{mistake.section}", sentence(mistake.says), f"of {tasks} tasks")

    put(house, {lesson.files[0].name: "def broken(:\n"}, lesson.slug)
    person.sees("Python cannot read the file")
    person.press("x")
    person.sees("y yes")
    person.press("y")
    person.sees("is the starter again", f"of {tasks} tasks", "next")
    person.press("h")
    person.sees("1. ", "h opens the next of 3")
    person.press("d")
    person.sees("as the starter")

    put(house, done, lesson.slug)
    person.sees(f"{tasks} of {tasks} tasks", "passed", sentence(lesson.explain), "n next")
    person.press("s")
    nothing = lesson.slug == "01_models"  # models and engines send nothing themselves
    person.sees("reference's", "your lines send nothing" if nothing else "The same in")
    person.press("p")
    person.sees("Did your answer say this?", sentence(lesson.points[0]))
    person.press("w")
    person.sees(f"solutions/{lesson.slug}/README.md")
    person.press("n")
    person.sees("what do you expect?", without=[f"{lesson.slug}  {lesson.title}"])
    person.press("\x03")

    assert person.leaves() == 0
    assert "Traceback" not in person.raw
