"""What a learner's page says of each lesson: words, never evidence. Writes nothing."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workbook.curriculum import Lesson
from workbook.grade import late
from workbook.grade.marks import TaskMark
from workbook.grade.pages.overview import failures
from workbook.grade.store import Entry
from workbook.verdict import TestResult

WORDS = {
    "ok": "Every task is right.",
    "failed": "Some tasks are not right yet.",
    "timeout": "The code did not end in time.",
    "memory": "The code needed more memory than there was.",
    "crashed": "The process that ran the code ended in the middle.",
    "flooded": "The code printed more than can be read.",
    "rejected": "The file could not be used.",
    "tampered": "A person looks at this lesson.",
    "review": "A person looks at this lesson.",
    "not-submitted": "Nothing was handed in.",
    "not-graded": "This lesson has not been graded yet.",
}
OUTCOMES = {"earned": "right", "missed": "not yet", "review": "a person looks at this"}
_MOST_TESTS, _MOST_STATEMENTS = 12, 12
_MOST_LINES, _LONGEST_LINE = 600, 200


@dataclass(frozen=True)
class Task:
    """One task: what was asked, what came of it."""

    label: str
    name: str
    todo: str
    outcome: str
    word: str
    points: float
    possible: float
    reason: str = ""


@dataclass(frozen=True)
class Failure:
    """One failing test and the answer to it."""

    name: str
    cost: str
    message: str
    place: str
    says: str
    section: str
    statements: list[str] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class Section:
    """One lesson on a learner's page."""

    lesson: Lesson
    words: str
    verdict: str
    earned: float
    late: str
    problem: str
    notes: tuple[str, ...]
    tasks: list[Task]
    failures: list[Failure]
    diff: list[tuple[str, str]]


def section(entry: Entry, lesson: Lesson, given: Mapping[str, str]) -> Section:
    """Return what a page says of one lesson; `given` is its starter."""
    verdict = "ok" if entry.is_decided and entry.earned >= lesson.possible else entry.verdict
    return Section(
        lesson=lesson,
        words=_words(entry),
        verdict=verdict,
        earned=entry.earned,
        late=_lateness(entry),
        problem=entry.problem,
        notes=tuple(note for note in entry.notes if note.startswith(("hints", "not handed in"))),
        tasks=list(_tasks(entry, lesson)),
        failures=[_failure(test, lesson) for test in list(failures(entry))[:_MOST_TESTS]],
        diff=list(difference(given, entry.files)),
    )


def _words(entry: Entry) -> str:
    if not entry.is_decided:
        return WORDS.get(entry.verdict, entry.verdict)
    reason = next((o.reason for o in entry.overrides if o.task is None), "")
    return f"A person decided about the points{f': {reason}' if reason else '.'}"


def _lateness(entry: Entry) -> str:
    if not entry.late:
        return ""
    cost = f": it keeps {entry.keeps:.0%} of its points" if entry.keeps < 1 else ""
    return f"handed in {late.shown(entry.late)}{cost}"


def _tasks(entry: Entry, lesson: Lesson) -> Iterator[Task]:
    marks: dict[int, TaskMark] = {t.number: t for t in entry.mark.tasks} if entry.mark else {}
    decided = {override.task: override for override in entry.overrides}
    for task in lesson.tasks:
        mark = marks.get(task.number)
        outcome = mark.outcome if mark else "missed"
        word, points, reason = OUTCOMES[outcome], mark.earned if mark else 0.0, ""
        if override := decided.get(task.number):
            outcome = "earned" if override.points >= task.weight else "missed"
            word, points, reason = "decided by a person", override.points, override.reason
        label = lesson.label(task.number)
        yield Task(label, task.name, task.todo, outcome, word, points, task.weight, reason)


def _failure(test: TestResult, lesson: Lesson) -> Failure:
    slug = test.recognised.slug if test.recognised else ""
    known = next((m for m in lesson.misconceptions if m.slug == slug), None)
    sent = [s for s in test.statements if isinstance(s, dict) and s.get("type") == "statement"]
    return Failure(
        name=test.name,
        cost=test.cost,
        message=test.message,
        place=str(test.place or ""),
        says=known.says if known else "",
        section=known.section if known else "concept",
        statements=[_statement(statement) for statement in sent[:_MOST_STATEMENTS]],
        more=max(len(sent) - _MOST_STATEMENTS, 0),
    )


def _statement(statement: Mapping[str, object]) -> str:
    frames = statement.get("frames")
    last = frames[0] if isinstance(frames, list) and frames else {}
    line = last.get("line") if isinstance(last, dict) else None
    text = " ".join(str(statement.get("text", "")).split())[:_LONGEST_LINE]
    return f"line {line}  {text}" if line else text


def difference(given: Mapping[str, str], files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the lines of a unified diff against the starter, each with its kind."""
    for name, text in files.items():
        before, after = _lines(given.get(name, "")), _lines(text)
        lines = list(difflib.unified_diff(before, after, name, name, n=2, lineterm=""))
        for line in lines[2 : _MOST_LINES + 2]:
            yield {"+": "new", "-": "old", "@": "place"}.get(line[:1], "same"), line
        if len(text.splitlines()) > _MOST_LINES:
            yield "place", f"the file is longer: only its first {_MOST_LINES} lines are compared"


def _lines(text: str) -> list[str]:
    lines = text.removeprefix("\ufeff").splitlines()[:_MOST_LINES]
    return [line[:_LONGEST_LINE] for line in lines]
