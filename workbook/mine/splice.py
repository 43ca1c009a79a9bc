"""Which of a learner's code the application can run on: what is green, and nothing else.

Never runs a learner's code in this process, and never writes into a learner's file.
"""

import ast
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from workbook.check import CheckError
from workbook.curriculum import CurriculumError, Lesson, Task
from workbook.derive import Texts, solution, starter
from workbook.home import Home
from workbook.source import SymbolNotFoundError, apply, transplant, with_imports_of
from workbook.trial import judge
from workbook.variants import Variant
from workbook.verdict import Verdict


@dataclass(frozen=True)
class Part:
    """One lesson's share: the modules that run on the learner's files, and what is to be said.

    `yours` is empty when the finished modules stand in for all of it.
    """

    lesson: Lesson
    says: str
    yours: Mapping[str, Path] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Say whether the application has a place for this lesson at all."""
        return any(file.module for file in self.lesson.files)


def parts(lessons: Sequence[Lesson], home: Home, folder: Path) -> list[Part]:
    """Return each lesson's share, in order; what had to be put together is written to `folder`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(partial(_part, home=home, folder=folder), lessons))
    taken: dict[str, Lesson] = {}
    return [_unless_taken(part, taken) for part in found]


def _unless_taken(part: Part, taken: dict[str, Lesson]) -> Part:
    """The first lesson of a module keeps it: two files cannot take the same place."""
    for module in part.yours:
        owner = taken.setdefault(module, part.lesson)
        if owner is not part.lesson:
            return Part(part.lesson, f"finished: {owner.slug} has the same module")
    return part


def _part(lesson: Lesson, home: Home, folder: Path) -> Part:
    if not any(file.module for file in lesson.files):
        return Part(lesson, "a study: the application has no such module")
    try:
        return _judged(lesson, home, folder / lesson.slug)
    except (OSError, UnicodeDecodeError) as error:
        return Part(lesson, f"finished: a file cannot be read: {error}")
    except (CheckError, CurriculumError) as error:
        return Part(lesson, f"finished: {_last_line(str(error))}")


def _judged(lesson: Lesson, home: Home, folder: Path) -> Part:
    texts = {file.name: _text(lesson.folder / file.name) for file in lesson.files}
    if texts == starter(lesson, home):
        return Part(lesson, "finished: not begun")
    verdict = judge(lesson, [Variant("yours", texts)])["yours"]
    if isinstance(verdict, str):
        return Part(lesson, f"finished: your code ends the program: {_last_line(verdict)}")
    if not verdict.passed:
        return _partly(lesson, texts, verdict, home, folder)
    return Part(
        lesson, "yours", {f.module: lesson.folder / f.name for f in lesson.files if f.module}
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1]


def _partly(lesson: Lesson, yours: Texts, verdict: Verdict, home: Home, folder: Path) -> Part:
    """Put green and finished code together, in the way that passes the lesson's own tests."""
    cause = verdict.root_cause
    if cause and cause.reason in ("syntax", "import"):
        return Part(lesson, f"finished: {cause.message}")
    red = _red(lesson, verdict)
    if all(task.number in red for task in lesson.tasks if _modules(lesson, task)):
        return Part(lesson, "finished: nothing of yours is green yet")
    finished = solution(lesson, home)
    candidates = [
        Variant(name, texts)
        for name, texts in (
            ("yours", _replaced(lesson, yours, finished, red)),
            ("finished", _replaced(lesson, finished, yours, _others(lesson, red))),
        )
        if texts is not None
    ]
    verdicts = judge(lesson, candidates) if candidates else {}
    for variant in candidates:
        answer = verdicts[variant.name]
        if isinstance(answer, Verdict) and answer.passed:
            return Part(lesson, _except(lesson, red), _written(lesson, variant.files, folder))
    return Part(lesson, "finished: what is green does not work without the rest of your file")


def _red(lesson: Lesson, verdict: Verdict) -> set[int]:
    """Return the tasks that finished code stands in for.

    A task without code of its own is red because of those that it needs.
    """
    red = {task.number for task in verdict.tasks if task.outcome != "passed"}
    for number in sorted(red, reverse=True):
        if not lesson.task(number).holes:
            red |= set(lesson.task(number).needs)
    return red


def _others(lesson: Lesson, red: set[int]) -> set[int]:
    return {task.number for task in lesson.tasks} - red


def _modules(lesson: Lesson, task: Task) -> list[str]:
    files = {file.name: file.module for file in lesson.files}
    return [module for hole in task.holes if (module := files[hole.file])]


def _replaced(
    lesson: Lesson, texts: Mapping[str, str], donor: Mapping[str, str], numbers: set[int]
) -> Texts | None:
    """Return the files with the donor's code for these tasks; None when the two do not fit."""
    changed: Texts = {}
    try:
        for name, text in texts.items():
            mine = [hole for task in lesson.tasks for hole in task.holes if hole.file == name]
            holes = [hole.symbol for hole in mine]
            wanted = [h for n in numbers for h in lesson.task(n).holes if h.file == name]
            edits = [transplant(text, donor[name], hole.symbol, holes) for hole in wanted]
            changed[name] = with_imports_of(apply(text, edits), donor[name]) if edits else text
            ast.parse(changed[name])
    except (SyntaxError, SymbolNotFoundError):
        return None
    return changed


def _written(lesson: Lesson, texts: Mapping[str, str], folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    places = {}
    for file in lesson.files:
        if file.module:
            places[file.module] = folder / file.name
            places[file.module].write_text(texts[file.name], encoding="utf-8", newline="\n")
    return places


def _except(lesson: Lesson, red: set[int]) -> str:
    names = [
        f"{lesson.label(task.number)} {task.name}"
        for task in lesson.tasks
        if task.number in red and _modules(lesson, task)
    ]
    return f"yours, except {', '.join(names)}: finished" if names else "yours"
