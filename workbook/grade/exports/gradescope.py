"""One learner's results as the results.json that Gradescope reads."""

from collections.abc import Sequence
from typing import Any

from workbook.curriculum import Lesson
from workbook.grade import clean
from workbook.grade.store import Entry


def document(entries: Sequence[Entry], lessons: Sequence[Lesson]) -> dict[str, Any]:
    """Return the results of one learner: a score, and a test for each task of each lesson.

    A task that waits for a person has no points yet; its text says so.
    """
    known = {lesson.slug: lesson for lesson in lessons}
    own = [entry for entry in entries if entry.lesson in known]
    return {
        "score": round(sum(entry.earned for entry in own), 4),
        "output": "\n".join(filter(None, (_output(entry) for entry in own))),
        "visibility": "visible",
        "tests": [test for entry in own for test in _tests(entry, known[entry.lesson])],
    }


def _output(entry: Entry) -> str:
    if entry.mark and entry.keeps == 1.0:
        return ""
    cost = f"late: keeps {entry.keeps:.0%} of its points" if entry.keeps < 1.0 else ""
    said = "" if entry.mark else entry.problem or entry.verdict
    return clean.text(f"{entry.lesson}: {'; '.join(part for part in (said, cost) if part)}")


def _tests(entry: Entry, lesson: Lesson) -> list[dict[str, Any]]:
    decided = {override.task: override for override in entry.overrides}
    marks = {task.number: task for task in entry.mark.tasks} if entry.mark else {}
    tests = []
    for task in lesson.tasks:
        mark = marks.get(task.number)
        points, said = (mark.earned, _said(mark.outcome)) if mark else (0.0, entry.verdict)
        if override := decided.get(task.number):
            points, said = override.points, f"decided by a person: {override.reason}"
        tests.append(
            {
                "number": lesson.label(task.number),
                "name": f"{lesson.label(task.number)} {task.name}",
                "score": points,
                "max_score": task.weight,
                "status": "passed" if points >= task.weight else "failed",
                "output": clean.text(f"{task.todo}\n{said}"),
                "visibility": "visible",
            }
        )
    return tests


def _said(outcome: str) -> str:
    words = {"earned": "done", "missed": "not done yet", "review": "a person looks at this"}
    return words[outcome]
