"""What a lesson's probe sees of the reference: the same function, the same seed, trusted code.

No expected value is written by hand, and none is ever in a worker that runs a learner's code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbook.curriculum import Lesson
from workbook.derive import solution
from workbook.grade.claims import feedback_of
from workbook.grade.workers import Run, Worker
from workbook.home import Home

RUNS = 2
_PATIENCE_S = 120.0


class ExpectationError(Exception):
    """The reference of a lesson has no answer, or two different ones; the message says which."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of one lesson.

    `observed` is canonical JSON by task and run, `left` by the name of a database; `tests` names
    the tests of each task (0: guards). `reads` is what the reference itself reaches for: a learner
    may, too. `extra` is what an instructor's own `probe` observes.
    """

    lesson: Lesson
    seeds: tuple[int, ...]
    observed: Mapping[tuple[int, int], str]
    left: Mapping[str, str]
    tests: Mapping[int, frozenset[str]]
    reads: frozenset[str] = frozenset()
    probe: bytes = b""
    extra: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def of_extra(self) -> "Expectation":
        """Return what is expected of a run of the instructor's own probe."""
        return replace(self, observed=self.extra, left={})


def seeds_of(seed: int) -> tuple[int, ...]:
    """Return the seed of each run of a task: different sizes, nothing guessed."""
    return tuple((seed * 31 + number * 7919) % (1 << 31) for number in range(RUNS))


def expect(lesson: Lesson, home: Home, seed: int, points: Worker, feedback: Worker) -> Expectation:
    """Run the reference, twice, in warm parents that end before a learner's code comes.

    Raises:
        ExpectationError: it fails, or the two runs differ.
        WorkerLostError: a worker could not be started.
    """
    files = {name: text.encode() for name, text in solution(lesson, home).items()}
    seeds = seeds_of(seed)
    asked = {"seeds": seeds, "read": True, "timeout_s": _PATIENCE_S}
    points.open(lesson)
    first, second = (points.run(files, **asked) for _ in range(2))
    points.forget_lesson()
    observed, left = _all(lesson, first)
    if (observed, left) != _all(lesson, second):
        raise ExpectationError(f"{lesson.slug}: two runs of the reference differ")
    feedback.open(lesson)
    tests = _tests(lesson, feedback.run(files, timeout_s=_PATIENCE_S))
    feedback.forget_lesson()
    reads = frozenset(first.lines[0].get("reads") or ())
    return Expectation(lesson, seeds, observed, left, tests, reads)


def with_extra(expected: Expectation, probe: bytes, home: Home, worker: Worker) -> Expectation:
    """Add what an instructor's own probe observes of the reference.

    Raises:
        ExpectationError: it has no answer, two different ones, or nothing to say.
        WorkerLostError: a worker could not be started.
    """
    lesson = expected.lesson
    files = {name: text.encode() for name, text in solution(lesson, home).items()}
    asked = {"seeds": expected.seeds, "timeout_s": _PATIENCE_S}
    worker.open(lesson, probe=probe)
    first, second = (_all(lesson, worker.run(files, **asked))[0] for _ in range(2))
    worker.forget_lesson()
    where = f"the extra test of {lesson.slug}"
    if first != second:
        raise ExpectationError(f"{where} answers two runs of the reference differently")
    if set(first.values()) == {canonical(None)}:
        raise ExpectationError(f"{where} answers None for every task: it tests nothing")
    return replace(expected, probe=probe, extra=first)


def canonical(value: Any) -> str:
    """Return JSON that is equal for equal data, and for nothing else: true is not 1."""
    return json.dumps(value, sort_keys=True)


def _all(lesson: Lesson, run: Run) -> tuple[dict[tuple[int, int], str], dict[str, str]]:
    wanted = {(t.number, n) for t in lesson.tasks for n in range(RUNS)}
    seen = {
        (line["task"], line["run"]): canonical(line["observed"])
        for line in run.lines
        if "observed" in line
    }
    if set(seen) != wanted:
        missing = ", ".join(lesson.label(task) for task, _ in sorted(wanted - set(seen)))
        raise ExpectationError(
            f"{lesson.slug}: the probe has no answer for {missing} ({run.status})"
        )
    broken = [line for line in run.left if "tables" not in line]
    if broken:
        raise ExpectationError(f"{lesson.slug}: the reference left {broken[0]}")
    return seen, {line["at"]: canonical(line["tables"]) for line in run.left}


def _tests(lesson: Lesson, run: Run) -> dict[int, frozenset[str]]:
    verdict = feedback_of(run)
    if verdict is None or not verdict.passed:
        raise ExpectationError(f"{lesson.slug}: the reference does not pass its own tests")
    names = {task.number: frozenset(test.name for test in task.tests) for task in verdict.tasks}
    return names | {0: frozenset(test.name for test in verdict.guards)}
