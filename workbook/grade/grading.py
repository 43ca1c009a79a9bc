"""Grades a cohort: plans, asks workers, stores each result as it arrives. Loses nothing.

Threads ask the workers; only the thread that called writes to the store.
"""

import hashlib
import importlib.metadata
import json
import platform
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from workbook.curriculum import Lesson
from workbook.grade import kit
from workbook.grade.expectation import Expectation, expect, with_extra
from workbook.grade.judge import judge
from workbook.grade.marks import Mark, Receipt
from workbook.grade.store import NOT_GRADED, Result, Store
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.grade.workers import Limits, Run, Worker, WorkerLostError
from workbook.home import Home

GRADER = "1"
ATTEMPTS = 3


@dataclass(frozen=True)
class Options:
    """How a cohort is graded."""

    tier: str
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    extra: Mapping[str, bytes] = field(default_factory=dict)  # an instructor's probes, by lesson


@dataclass(frozen=True)
class Job:
    """One submission to grade. `receipt` says what its mark depends on."""

    learner: Learner
    submission: Submission
    receipt: Receipt


@dataclass(frozen=True)
class Step:
    """One submission is done: graded, known before, or lost by trouble of ours (`trouble`)."""

    learner: str
    lesson: str
    verdict: str
    done: int
    total: int
    known: bool = False
    trouble: str = ""


Report = Callable[[Step], None]


class Pair:
    """The two workers that one submission after the other goes through.

    A third one knows the instructor's own probe, where there is one: what it says stays inside.
    """

    def __init__(self, options: Options) -> None:
        self.points, self.feedback, self.hidden = (
            Worker(role, options.tier, options.limits) for role in ("points", "feedback", "points")
        )
        self._extra = options.extra

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.points.stop()
        self.feedback.stop()
        self.hidden.stop()

    def expect(self, lesson: Lesson, home: Home, seed: int) -> Expectation:
        """Return what is expected of a lesson; nothing of it stays in the workers."""
        expected = expect(lesson, home, seed, self.points, self.feedback)
        if probe := self._extra.get(lesson.slug):
            return with_extra(expected, probe, home, self.hidden)
        return expected

    def grade(self, expectation: Expectation, submission: Submission) -> Mark:
        """Run a submission in its workers and judge it.

        Raises:
            WorkerLostError: one of them is gone; the next call starts it anew.
        """
        for worker in (self.points, self.feedback):
            if worker.lesson is not expectation.lesson:
                worker.open(expectation.lesson, canaries=worker is self.feedback)
        asked = {"seeds": list(expectation.seeds), "read": bool(expectation.left)}
        points = self.points.run(submission.files, **asked)
        feedback = self.feedback.run(submission.files)
        return judge(expectation, points, feedback, self._hidden_run(expectation, submission))

    def _hidden_run(self, expectation: Expectation, submission: Submission) -> Run | None:
        if not expectation.probe:
            return None
        if self.hidden.lesson is not expectation.lesson:
            self.hidden.open(expectation.lesson, probe=expectation.probe)
        return self.hidden.run(submission.files, seeds=list(expectation.seeds))


class Grading:
    """Grades cohorts into one store. Stopping at any moment keeps what was stored."""

    def __init__(
        self, home: Home, store: Store, options: Options, report: Report = lambda _: None
    ) -> None:
        self.home = home
        self.store = store
        self.options = options
        self.report = report
        self._done = self._total = 0

    def grade(self, cohort: Cohort, lessons: Sequence[Lesson]) -> list[Step]:
        """Grade everything that is new or changed; return what could not be graded.

        Raises:
            ExpectationError: the reference of a lesson has no answer.
            WorkerLostError: no worker can be started.
        """
        pending = self.pending(cohort, lessons)
        lost: list[Step] = []
        with ExitStack() as stack:
            pairs = [stack.enter_context(Pair(self.options)) for _ in range(self.options.jobs)]
            for lesson in lessons:
                if jobs := [job for job in pending if job.submission.lesson == lesson.slug]:
                    seed = self.store.seed(lesson.slug)
                    expectation = pairs[0].expect(lesson, self.home, seed)
                    lost += self._grade_lesson(expectation, jobs, pairs)
        return lost

    def pending(self, cohort: Cohort, lessons: Sequence[Lesson]) -> list[Job]:
        """Store what needs no grading; return the rest."""
        self._done, self._total = 0, len(cohort.submissions)
        people = {learner.key: learner for learner in cohort.learners}
        jobs = []
        for lesson in lessons:
            own = [(people[s.learner], s) for s in cohort.submissions if s.lesson == lesson.slug]
            jobs += self._new(lesson, own)
        return jobs

    def _new(self, lesson: Lesson, own: Sequence[tuple[Learner, Submission]]) -> list[Job]:
        fingerprint, seed = kit.fingerprint(lesson), self.store.seed(lesson.slug)
        jobs, finished = [], []
        for learner, submission in own:
            receipt = receipt_of(submission, fingerprint, seed, self.options)
            known = None if submission.state else self.store.mark(receipt)
            if known or submission.state:
                finished.append(Result(learner, submission, known, receipt if known else None))
            else:
                jobs.append(Job(learner, submission, receipt))
        self.store.save(*finished)
        for result in finished:
            verdict = result.mark.verdict if result.mark else result.submission.state
            self.step(result.submission, verdict, known=result.mark is not None)
        return jobs

    def _grade_lesson(
        self, expectation: Expectation, jobs: Sequence[Job], pairs: Sequence[Pair]
    ) -> list[Step]:
        desk = _Desk(expectation, _without_twins(jobs), pairs)
        lost = []
        with desk:
            for twins, mark, trouble in desk.results():
                for job in twins:  # one transaction for each submission
                    receipt = job.receipt if mark else None
                    self.store.save(Result(job.learner, job.submission, mark, receipt))
                    verdict = mark.verdict if mark else NOT_GRADED
                    step = self.step(job.submission, verdict, trouble=trouble)
                    lost += [step] if trouble else []
        return lost

    def step(
        self, submission: Submission, verdict: str, *, known: bool = False, trouble: str = ""
    ) -> Step:
        """Report that a submission is done."""
        self._done += 1
        who, what = submission.learner, submission.lesson
        step = Step(who, what, verdict, self._done, self._total, known, trouble)
        self.report(step)
        return step


def receipt_of(submission: Submission, lesson: str, seed: int, options: Options) -> Receipt:
    """Return what the mark of a submission depends on."""
    limits = f"{options.limits.timeout_s:g} s, {options.limits.memory_mib} MiB"
    probe = options.extra.get(submission.lesson, b"")
    extra = hashlib.sha256(probe).hexdigest() if probe else ""
    return Receipt(submission.digest, lesson, versions(), GRADER, options.tier, seed, limits, extra)


@cache
def versions() -> str:
    """Return a hash of the versions that decide how a program behaves."""
    names = ("sqlalchemy", "alembic", "fastapi", "pytest", "click")
    found = {name: importlib.metadata.version(name) for name in names}
    found |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found["platform"] = sys.platform
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _without_twins(jobs: Sequence[Job]) -> list[list[Job]]:
    """Put jobs with the same receipt together: they are graded once."""
    found: dict[Receipt, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.receipt, []).append(job)
    return list(found.values())


Answer = tuple[list[Job], Mark | None, str]


class _Desk:
    """Threads that each have two workers, and take one submission after the other."""

    def __init__(
        self, expectation: Expectation, jobs: Sequence[list[Job]], pairs: Sequence[Pair]
    ) -> None:
        self.expectation = expectation
        self._waiting: queue.SimpleQueue[list[Job]] = queue.SimpleQueue()
        for job in jobs:
            self._waiting.put(job)
        self._count = len(jobs)
        self._done: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(pair,), daemon=True)
            for pair in pairs[: len(jobs)]
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def results(self) -> Iterator[Answer]:
        """Yield what is done, as it is done."""
        for _ in range(self._count):
            yield self._done.get()

    def _work(self, pair: Pair) -> None:
        while not self._stop.is_set():
            try:
                twins = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._done.put((twins, *self._mark(twins[0].submission, pair)))

    def _mark(self, submission: Submission, pair: Pair) -> tuple[Mark | None, str]:
        """Return the mark, or the trouble. A worker that is lost is started anew, some times."""
        trouble = ""
        for _ in range(ATTEMPTS):
            try:
                return pair.grade(self.expectation, submission), ""
            except WorkerLostError as error:
                trouble = str(error)
            except Exception as error:  # noqa: BLE001 - a mistake of ours costs nobody points
                return None, f"{type(error).__name__}: {error}"
        return None, trouble
