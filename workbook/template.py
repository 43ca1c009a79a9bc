"""The files of a new lesson. Never touches one that exists."""

import ast
import re
from pathlib import Path

from workbook.curriculum import CurriculumError
from workbook.home import Home, app_source
from workbook.promises import HEADINGS
from workbook.source import Definition

_LESSON = """\
title = "TITLE"
source = "WHERE THE REQUIREMENT COMES FROM"
kind = "repair"
minutes = 25
concepts = ["CONCEPT"]
prerequisites = []
browser = true

[[file]]
module = "{module}"

[predict]
question = "WHAT WILL HAPPEN?"
choices = ["0", "1"]
observe = "what_happens"

[explain]
question = "WHY?"
points = ["ONE", "TWO", "THREE"]

[[task]]
symbol = "{symbol}"
todo = "WHAT IS TO BE DONE"
given = "CODE THAT RUNS AND IS WRONG"
hints = ["A QUESTION", "THE CONCEPT AND WHERE IT IS DOCUMENTED", "NEARLY THE CODE"]

[[misconception]]
slug = "a-mistake"
task = 1
when = {{ test = "test_what_must_be_true" }}
says = "WHY IT HURTS"
"""
_TESTS = '''\
"""Lesson {number}: {slug}. One database file for each test; nothing is mocked."""

import pytest


@pytest.mark.task(1)
def test_what_must_be_true(exercise):
    """WHAT BREAKS IN PRODUCTION WHEN THIS IS WRONG."""
    pytest.fail("WHAT WAS EXPECTED, WHAT CAME")
'''
_PROBE = '''\
"""What can be observed of lesson {number} from outside."""

from workbook.probe import scratch


def what_happens(exercise):
    """Answer the prediction by running it."""
    with scratch() as database:
        return str(len(database.other_connection("SELECT id FROM cases")))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    with scratch() as database:
        return database.other_connection("SELECT id FROM cases")
'''
_QUIZ = '''\
# What will happen? The answer of each question is what the last line of its code gives.

[[question]]
slug = "what-is-seen-elsewhere"
section = "concept"
asks = "HOW MANY CASES DOES ANOTHER CONNECTION SEE?"
cases = 1
code = """
session.get(CaseRecord, "CASE-001").title = "Solved"
len(seen_elsewhere("SELECT id FROM cases WHERE title = 'Solved'"))
"""
choices = ["0", "1"]
answer = "0"
explains = "WHY"
'''
_PARTS = {
    "Predict": "predict",
    "Failing test": "output",
    "Your turn": "tasks",
    "Hints": "hints",
    "Explain": "explain",
}


def new_lesson(home: Home, slug: str, module: str) -> list[Path]:
    """Write the files of a lesson about a module of the app and return their paths.

    Raises:
        CurriculumError: the slug is no `NN_name`, its number is taken, or there is no such module.
    """
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", slug):
        raise CurriculumError(f"{slug!r} is no name of a lesson; one looks like 17_tags")
    if taken := list(home.lessons.glob(f"{slug[:2]}_*")):
        raise CurriculumError(f"number {slug[:2]} is taken by {taken[0].name}")
    texts = _texts(slug, module)
    made = []
    for name, text in texts.items():
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        made.append(path)
    return made


def _texts(slug: str, module: str) -> dict[str, str]:
    lesson, solution = f"lessons/{slug}", f"solutions/{slug}"
    values = {"slug": slug, "number": slug[:2], "module": module, "symbol": _symbol(module)}
    return {
        f"{lesson}/lesson.toml": _LESSON.format(**values),
        f"{lesson}/test_exercise.py": _TESTS.format(**values),
        f"{lesson}/probe.py": _PROBE.format(**values),
        f"{lesson}/quiz.toml": _QUIZ,
        f"{lesson}/README.md": _page(slug),
        f"{lesson}/misconceptions/a_mistake.py": '"""WHAT IS DONE WRONG."""\n',
        f"{solution}/README.md": "# Why it is written like this\n",
    }


def _symbol(module: str) -> str:
    """Return the first function or method of a module, as a first guess of what to cut."""
    try:
        source = app_source(module.removesuffix(".py").replace("/", "."))
    except FileNotFoundError as error:
        raise CurriculumError(str(error)) from None
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            methods = [n.name for n in node.body if isinstance(n, Definition)]
            return f"{node.name}.{methods[-1]}" if methods else node.name
        if isinstance(node, Definition):
            return node.name
    raise CurriculumError(f"{module} defines nothing that could be cut")


def _page(slug: str) -> str:
    parts = [f"# {slug[:2]}. TITLE"]
    for heading in HEADINGS:
        parts.append(f"## {heading}")
        if heading in _PARTS:
            parts.append(f"<!-- generated: {_PARTS[heading]} -->\n<!-- end -->")
    return "\n\n".join(parts) + "\n"
