"""Open questions: you answer in your own words, then compare with three points. You judge alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.curriculum import Lesson
from workbook.progress import QuizState
from workbook.quiz.dialogue import QUIT, Listen, Say, wrapped
from workbook.quiz.questions import POINTS, Question

YES = {"y", "yes", "j", "ja", "s", "si", "o", "oui"}


@dataclass(frozen=True)
class Recall:
    """One open question with its key points."""

    key: str
    lesson: str
    asks: str
    points: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {**vars(self), "points": list(self.points)}


def open_questions(questions: Sequence[Question], lessons: Sequence[Lesson]) -> list[Recall]:
    """Return the open questions: those of the source, then the one that each lesson ends with."""
    source = [Recall(q.key, q.lesson, q.open, q.points) for q in questions if q.open]
    own = [Recall(f"{x.slug[:2]}/explain", x.slug, x.explain, x.points) for x in lessons]
    return source + own


def still_open(recalls: Sequence[Recall], state: QuizState) -> list[Recall]:
    """Return those for which not all points have been named yet."""
    return [r for r in recalls if state.recalled.get(r.key, 0) < len(r.points)]


def recall_all(
    recalls: Sequence[Recall], say: Say, listen: Listen, *, width: int = 80
) -> Iterator[tuple[Recall, int]]:
    """Ask each question alone, then its points; yield how many of them were named.

    It ends early when somebody types `q`, or when the input ends. What is typed is kept nowhere.
    """
    for number, recall in enumerate(recalls, 1):
        say(f"{number} of {len(recalls)}  {recall.lesson}\n")
        for line in wrapped(recall.asks, width, "  "):
            say(line)
        say("")
        words = listen("your own words, then Enter (Enter alone shows the points, q ends): ")
        if words is None or words.strip().lower() == QUIT:
            return
        named = _compare(recall, say, listen, width)
        if named is None:
            return
        done = "reached" if named == len(recall.points) else "asked again later"
        say(f"\n  {named} of {len(recall.points)} points: {done}\n")
        yield recall, named


def _compare(recall: Recall, say: Say, listen: Listen, width: int) -> int | None:
    named = 0
    for number, point in enumerate(recall.points, 1):
        say("")
        for line in wrapped(f"{number}. {point}", width, "  "):
            say(line)
        typed = listen("  did you name it? (y/n): ")
        if typed is None or typed.strip().lower() == QUIT:
            return None
        named += typed.strip().lower() in YES
    return named


def remember_recall(state: QuizState, recall: Recall, named: int) -> None:
    """Note how many points were named this time."""
    state.recalled[recall.key] = min(named, POINTS)
