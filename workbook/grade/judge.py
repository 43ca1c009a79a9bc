"""Decides marks by comparing data. Never imports a learner's code, never unpickles anything.

Points need both: the lesson's tests say so, and what is observed on hidden data is what the
reference shows. Where the two differ, a person decides.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbook.curriculum import Lesson, Task
from workbook.grade import clean
from workbook.grade.claims import feedback_of
from workbook.grade.expectation import Expectation, canonical
from workbook.grade.kit import CANARY
from workbook.grade.marks import Mark, Outcome, TaskMark
from workbook.grade.workers import Run
from workbook.verdict import TaskResult, TestResult, Verdict

CLAIMED = "claimed"
OF_EXTRA = "the extra test showed something else than the reference"
_KILLED = -9
_SEEN, _NOT_SEEN, _SAID_NOT_LEFT = "seen", "not seen", "said, and not left"


def judge(expectation: Expectation, points: Run, feedback: Run, hidden: Run | None = None) -> Mark:
    """Return the mark of one submission. `hidden` is the run of an instructor's own probe."""
    claims = _Claims(expectation, points)
    extra = _Claims(expectation.of_extra(), hidden) if hidden else None
    verdict, canaries = _without_canaries(feedback_of(feedback))
    tasks = tuple(_tasks(expectation, claims, extra, verdict, feedback))
    evidence = [*claims.evidence, *canaries, *_evidence_of(verdict, expectation)]
    mark = Mark(
        lesson=expectation.lesson.slug,
        verdict="ok",
        tasks=tasks,
        evidence=tuple(dict.fromkeys(evidence)),
        feedback=verdict,
        seconds=round(points.seconds + feedback.seconds, 3),
        cpu_s=round(points.cpu_s + feedback.cpu_s, 3),
        rss_mib=max(points.rss_mib, feedback.rss_mib),
        reads=claims.reads,
    )
    return _suspected(replace(mark, verdict=_verdict(mark, claims, points, feedback)))


def observed_tasks(expectation: Expectation, points: Run) -> set[int]:
    """Return the tasks that a points run showed as the reference does."""
    claims = _Claims(expectation, points)
    return {t.number for t in expectation.lesson.tasks if claims.of(t.number)[0] == _SEEN}


class _Claims:
    """What a points run said about each task, beside what is expected."""

    def __init__(self, expectation: Expectation, run: Run) -> None:
        self.expectation = expectation
        self.evidence: list[str] = []
        broken = run.broken and run.status == "done"  # else the last line was cut off
        self.tampered = broken
        self.memory = any(line.get("error") == "MemoryError" for line in run.lines)
        first = run.lines[0].get("reads") if run.lines else None
        words = [w for w in first or () if isinstance(w, str) and w not in expectation.reads]
        self.reads = tuple(clean.line(word, 40) for word in words)
        self._lines = self._by_task(run.lines[1:])
        self._left = {str(line.get("at")): line for line in run.left}
        if broken:
            self.evidence.append("the answer of the worker was disturbed by something else")

    def _by_task(self, lines: list[dict[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for line in lines:
            match line:
                case {"task": int(task), "run": int(number)}:
                    key = (task, number)
                    if key in found or key not in self.expectation.observed:
                        self._suspect("an answer that nobody asked for")
                    found.setdefault(key, line)
                case _:
                    self._suspect("a line that is no answer")
        return found

    def _suspect(self, what: str) -> None:
        self.tampered = True
        self.evidence.append(f"the worker's channel carried {what}")

    def of(self, task: int) -> tuple[str, str]:
        """Return whether the reference's observation was seen in all runs, and what was instead."""
        for number in range(len(self.expectation.seeds)):
            line = self._lines.get((task, number), {})
            if "observed" not in line:
                error = line.get("error")
                return (
                    _NOT_SEEN,
                    f"it raised {clean.line(error, 60)}" if error else "no answer came",
                )
            if _canonical(line["observed"]) != self.expectation.observed[task, number]:
                return _NOT_SEEN, "hidden data showed something else than the reference"
            if problem := self._left_problem(task, number):
                return _SAID_NOT_LEFT, problem
        return _SEEN, ""

    def _left_problem(self, task: int, number: int) -> str:
        prefix = f"{task}-{number}/"
        expected = {at: v for at, v in self.expectation.left.items() if at.startswith(prefix)}
        for at, tables in expected.items():
            found = self._left.get(at, {"tampered": "it is gone"})
            if "tampered" in found:
                self.tampered = True
                return (
                    f"the database left behind cannot be trusted: {clean.line(found['tampered'])}"
                )
            if self._tables(found["tables"], task) != self._tables(json.loads(tables), task):
                return "the database left behind holds other rows than the run reported"
        return ""

    def _tables(self, tables: Mapping[str, Any], task: int) -> str:
        wanted = self.expectation.lesson.task(task).left
        return canonical({n: r for n, r in tables.items() if wanted is None or n in wanted})


def _canonical(value: Any) -> str:
    try:
        return canonical(value)
    except RecursionError:
        return ""  # too deep to be an answer


def _tasks(
    expectation: Expectation,
    claims: _Claims,
    extra: _Claims | None,
    verdict: Verdict | None,
    run: Run,
) -> Iterator[TaskMark]:
    lesson = expectation.lesson
    results = {result.number: result for result in verdict.tasks} if verdict else {}
    outcomes: dict[int, Outcome] = {}
    for task in lesson.tasks:
        seen, evidence = claims.of(task.number)
        if extra and seen == _SEEN and extra.of(task.number)[0] != _SEEN:
            seen, evidence = _NOT_SEEN, OF_EXTRA  # no word of that run: it knows the hidden test
        said = _said(results.get(task.number), expectation.tests[task.number])
        outcome, why = _agree(task, seen, said, outcomes)
        outcomes[task.number] = outcome
        text = "; ".join(part for part in (why, evidence) if part)
        if verdict is None and outcome == "review":
            text = f"its tests gave no verdict ({run.status})"
        yield _mark(lesson, task, outcome, text)


def _mark(lesson: Lesson, task: Task, outcome: Outcome, evidence: str) -> TaskMark:
    budget = CLAIMED if task.budget else ""
    label = lesson.label(task.number)
    return TaskMark(task.number, label, task.name, outcome, task.weight, evidence, budget)


def _said(result: TaskResult | None, tests: frozenset[str]) -> str:
    """Return what the tests of a task said; passed counts only with every test that there is."""
    if result is None:
        return "nothing"
    names = Counter(test.name for test in result.tests)
    if result.outcome == "passed" and names != Counter(tests):
        return "other tests"
    return result.outcome


def _agree(task: Task, seen: str, said: str, before: Mapping[int, Outcome]) -> tuple[Outcome, str]:
    if seen == _SAID_NOT_LEFT:
        return "review", ""
    if said == "passed":
        return ("earned", "") if seen == _SEEN else ("review", "its tests pass")
    if seen != _SEEN:
        return ("review", "tests are missing") if said == "other tests" else ("missed", "")
    if said == "blocked" and any(before[need] == "missed" for need in task.needs):
        return "missed", "a task that it needs is missed"
    return "review", f"hidden data shows what it should, its tests say: {said}"


def _verdict(mark: Mark, claims: _Claims, points: Run, feedback: Run) -> str:
    """Return the one word for a submission, the most telling first."""
    if claims.tampered:
        return "tampered"
    if mark.earned < mark.possible:
        for run in (points, feedback):
            if claims.memory or (run.status == "died" and run.code == _KILLED):
                return "memory"
            if run.status in ("timeout", "flooded"):
                return run.status
            if run.status == "died":
                return "crashed"
    if mark.in_review or mark.evidence:
        return "review"
    return "ok" if mark.earned == mark.possible else "failed"


def _suspected(mark: Mark) -> Mark:
    """Points that rest on a claim are for a person to give, when the text reaches for the tools."""
    if mark.verdict != "ok" or not mark.reads:
        return mark
    words = ", ".join(mark.reads)
    return replace(
        mark, verdict="review", evidence=(*mark.evidence, f"all is right, but it uses {words}")
    )


def _without_canaries(verdict: Verdict | None) -> tuple[Verdict | None, list[str]]:
    """Take the canaries out of a verdict: a test that must fail, and one that must pass."""
    if verdict is None:
        return None, []
    canaries = [test for test in verdict.guards if _is_canary(test)]
    guards = [test for test in verdict.guards if not _is_canary(test)]
    outcomes = sorted(test.outcome for test in canaries)
    evidence = [] if outcomes == ["failed", "passed"] else ["the tests were disturbed"]
    return replace(verdict, guards=guards), evidence


def _is_canary(test: TestResult) -> bool:
    return test.name.startswith(CANARY)


def _evidence_of(verdict: Verdict | None, expectation: Expectation) -> list[str]:
    if verdict is None:
        return []
    guards = frozenset(test.name for test in verdict.guards)
    if guards != expectation.tests[0]:
        return ["other tests ran than there are"]
    broken = [test.name for test in verdict.guards if test.outcome != "passed"]
    green = all(task.outcome == "passed" for task in verdict.tasks)
    return [f"what the lesson gave does not work: {', '.join(broken)}"] if broken and green else []
