"""A small house with one small lesson in it, to break in every way."""

import os
import subprocess
import sys

import pytest

from workbook.home import Home, shipped

LESSON = """
title = "Counting"
source = "this test"
kind = "repair"
minutes = 5
concepts = ["counting"]
prerequisites = []
browser = true

[[file]]
source = "study"
reason = "the app has no such module"

[predict]
question = "How many?"
choices = ["1", "2"]
observe = "how_many"

[explain]
question = "Why?"
points = ["a", "b", "c"]

[[task]]
symbol = "total"
todo = "add all numbers"
given = "return (numbers or [1])[0]"
hints = ["one", "two", "three"]

[[task]]
symbol = "Box.double"
todo = "twice the total"
needs = [1]
hints = ["one", "two", "three"]

[[misconception]]
slug = "total-is-the-length"
task = 1
when = { test = "test_total_adds", observed = { total = 3 } }
says = "That is how many there are."

[[misconception]]
slug = "total-fails-on-none"
task = 1
when = { test = "test_total_of_nothing", raises = "IndexError", inside = "total" }
says = "No numbers add up to 0."

[[misconception]]
slug = "double-adds-two"
task = 2
when = { test = "test_double", observed = { double = 8 } }
says = "That is two more."
"""

SOLUTION = '''"""Counting."""


def total(numbers):
    """Return the sum."""
    result = sum(numbers)
    return result


class Box:
    """Some numbers."""

    def __init__(self, numbers):
        self.numbers = numbers

    def double(self):
        """Return twice the sum."""
        return 2 * total(self.numbers)
'''

TESTS = '''"""Tests of the small lesson."""

import pytest


@pytest.mark.guard
def test_a_box_keeps_its_numbers(exercise):
    """A box must not lose what is in it."""
    assert exercise.Box([1]).numbers == [1]


@pytest.mark.task(1)
def test_total_adds(exercise, observed):
    """A wrong sum is a wrong bill."""
    observed["total"] = exercise.total([1, 2, 3])
    assert observed["total"] == 6, f"1 + 2 + 3 is 6, not {observed['total']}"


@pytest.mark.task(1)
def test_total_of_nothing(exercise):
    """An empty basket costs nothing."""
    try:
        assert exercise.total([]) == 0
    except IndexError as error:
        raise AssertionError("total([]) must be 0") from error


@pytest.mark.task(2)
def test_double(exercise, observed):
    """Two of everything."""
    observed["double"] = exercise.Box([1, 2, 3]).double()
    assert observed["double"] == 12, f"twice 6 is 12, not {observed['double']}"
'''

PIECES = {
    "total_is_the_length": "def total(numbers):\n    length = len(numbers)\n    return length\n",
    "total_fails_on_none": (
        "def total(numbers):\n"
        "    first = numbers[0]\n"
        "    return first + sum(number for number in numbers[1:])\n"
    ),
    "double_adds_two": "class Box:\n    def double(self):\n        return total(self.numbers)+2\n",
}
PAGE = "\n\n".join(
    f"## {heading}"
    for heading in (
        "Problem",
        "Predict",
        "Failing test",
        "Concept",
        "Your turn",
        "Hints",
        "In production",
        "Explain",
        "Check yourself",
    )
)
QUIZ = "\n".join(
    f"""
[[question]]
slug = "{n}-plus-one"
section = "concept"
asks = "What is {n} + 1?"
code = "{n} + 1"
answer = "{n + 1}"
explains = "One more."
"""
    for n in (1, 2, 3)
)
PROBE = """def how_many(exercise):
    return "1"


def observe(exercise, task, seed):
    return exercise.total([seed])
"""


def write(path, text):
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def home(tmp_path):
    """A home with one lesson, 01_counting, that keeps all promises; its starter is not derived."""
    lesson = tmp_path / "lessons" / "01_counting"
    write(tmp_path / "lessons" / "concepts.toml", 'selectinload = "05_n_plus_one"\n')
    write(lesson / "lesson.toml", LESSON)
    write(lesson / "test_exercise.py", TESTS)
    write(lesson / "probe.py", PROBE)
    write(lesson / "quiz.toml", QUIZ)
    write(lesson / "README.md", PAGE)
    write(lesson / "exercise.py", "# not derived yet\n")
    for name, text in PIECES.items():
        write(lesson / "misconceptions" / f"{name}.py", text)
    solution = tmp_path / "solutions" / "01_counting"
    write(solution / "exercise.py", SOLUTION)
    write(solution / "README.md", "Why.\n")
    write(
        solution / "alternatives" / "loop.py", SOLUTION.replace("sum(numbers)", "sum([*numbers])")
    )
    return Home(tmp_path)


@pytest.fixture
def lesson_folder(home):
    """The folder of that lesson."""
    return home.lessons / "01_counting"


@pytest.fixture(scope="session")
def tool():
    """Runs the tool (or `pytest`) in a folder, as a process of its own, as a learner types it."""

    def run(folder, *words, package=None, **options):
        hidden = ("CI", "PYTEST_XDIST_WORKER")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment["PYTHONPATH"] = str(package or shipped().root)
        environment["WORKBOOK_COMMAND"] = "workbook"
        return subprocess.run(
            [sys.executable, "-m", *(words if words[0] == "pytest" else ("workbook", *words))],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
            **options,
        )

    return run
