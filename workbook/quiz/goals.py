"""The fifteen goals, and which of them a learner has reached. Never says how fast."""

import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.curriculum import CurriculumError, Lesson
from workbook.home import command
from workbook.progress import Progress
from workbook.quiz.questions import POINTS, Question

FILE = "goals.toml"


@dataclass(frozen=True)
class Goal:
    """One thing that somebody can do, or explain. `recall` holds the questions that show it."""

    number: int
    says: str
    lessons: tuple[str, ...]
    recall: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one goal."""

    goal: Goal
    passed: tuple[str, ...]
    to_come: tuple[str, ...]
    recalled: int

    @property
    def reached(self) -> bool:
        """Explaining is reached by recalling every question, doing by passing every lesson."""
        if self.goal.recall:
            return self.recalled == len(self.goal.recall)
        return self.passed == self.goal.lessons

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "number": self.goal.number,
            "says": self.goal.says,
            "reached": self.reached,
            "lessons": list(self.goal.lessons),
            "passed": list(self.passed),
            "to_come": list(self.to_come),
            "recall": list(self.goal.recall),
            "recalled": self.recalled,
        }


def load_goals(lessons: Path) -> list[Goal]:
    """Return the goals in their order, from `lessons/goals.toml`.

    Raises:
        CurriculumError: the file is missing, or a goal lacks something.
    """
    path = lessons / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["goal"]
        return [
            Goal(t["number"], t["says"], tuple(t["lessons"]), tuple(t.get("recall", ())))
            for t in tables
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CurriculumError(f"{path}: cannot be read: {error}") from None


def standings(
    goals: Sequence[Goal],
    lessons: Sequence[Lesson],
    questions: Sequence[Question],
    progress: Progress,
) -> list[Standing]:
    """Return where this learner stands with each goal."""
    there = {lesson.slug for lesson in lessons}
    keys = {question.slug: question.key for question in questions if question.number}
    named = progress.quiz.recalled
    return [
        Standing(
            goal,
            passed=tuple(slug for slug in goal.lessons if slug in progress.passed),
            to_come=tuple(slug for slug in goal.lessons if slug not in there),
            recalled=sum(named.get(keys.get(slug, ""), 0) == POINTS for slug in goal.recall),
        )
        for goal in goals
    ]


def render(found: Sequence[Standing], width: int = 80) -> Iterator[str]:
    """Yield the lines of `workbook status --goals`."""
    reached = sum(standing.reached for standing in found)
    yield f"{reached} of {len(found)} goals reached"
    yield ""
    for standing in found:
        goal = standing.goal
        yield f"{'ok' if standing.reached else '  '} {goal.number:>2}  {goal.says}"
        yield from textwrap.wrap(
            _how(standing), max(width, 40), initial_indent=" " * 7, subsequent_indent=" " * 7
        )
    yield ""
    yield f"  explain in your own words: {command('quiz', '--recall')}"


def _how(standing: Standing) -> str:
    goal = standing.goal
    where = ", ".join(_lesson(slug, standing) for slug in goal.lessons)
    if not goal.recall:
        return where
    return f"{standing.recalled} of {len(goal.recall)} recalled; taught in {where}"


def _lesson(slug: str, standing: Standing) -> str:
    if slug in standing.to_come:
        return f"{slug} (to come)"
    return f"{slug} (passed)" if slug in standing.passed else slug
