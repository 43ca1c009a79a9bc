"""Questions, goals and smells as Markdown, from the data that the commands of the same name use."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbook.curriculum import Lesson, find_lesson
from workbook.home import Home

SMELLS = Path(__file__).parents[1] / "smells" / "rules"


def questions(home: Home, lessons: Sequence[Lesson]) -> str:
    """Return the twenty questions of `lessons/quiz.toml`, each with an answer that opens."""
    asked = _read(home.lessons / "quiz.toml").get("question", [])
    return "\n\n".join(_question(question, lessons) for question in asked)


def _question(question: Mapping[str, Any], lessons: Sequence[Lesson]) -> str:
    head = [f"**{question['number']}. {question['open']}**", "", '??? success "Answer"', ""]
    points = [f"    - {point}" for point in question["points"]]
    return "\n".join([*head, *points, "", f"    {_taught(question['lesson'], lessons)}"])


def goals(home: Home, lessons: Sequence[Lesson]) -> str:
    """Return the goals of `lessons/goals.toml` as a list, each with the lessons that teach it."""
    found = _read(home.lessons / "goals.toml").get("goal", [])
    return "\n".join(_goal(goal, lessons) for goal in found)


def _goal(goal: Mapping[str, Any], lessons: Sequence[Lesson]) -> str:
    says = goal["says"]
    taught = " ".join(_taught(slug, lessons) for slug in goal["lessons"])
    return f"{goal['number']}. {says[0].upper()}{says[1:]}. {taught}"


def smells(lessons: Sequence[Lesson]) -> str:
    """Return each smell: why it hurts, before and after, and the lesson about it."""
    paths = sorted(SMELLS.glob("[0-9]*.toml"))
    return "\n\n".join(_smell(path, _read(path), lessons) for path in paths)


def _smell(path: Path, smell: Mapping[str, Any], lessons: Sequence[Lesson]) -> str:
    before, after = (_indented(_python(smell[key])) for key in ("before", "after"))
    return "\n".join(
        [
            f"## {int(path.stem[:2])}. {smell['name']}",
            "",
            f"{smell['why']}",
            "",
            '=== "Before"',
            "",
            before,
            "",
            '=== "After"',
            "",
            after,
            "",
            f"{smell['look']}",
            "",
            _taught(smell["lesson"], lessons),
        ]
    )


def _python(code: str) -> str:
    return f"````python\n{code.strip()}\n````"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _taught(slug: str, lessons: Sequence[Lesson]) -> str:
    """Return a link to a lesson; its number alone while nobody has written it."""
    lesson = find_lesson(list(lessons), slug)
    if lesson is None:
        return f"(lesson {slug[:2]}, to come)"
    return f"[{slug[:2]} {lesson.title}](lessons/{slug}/README.md#concept)"


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
