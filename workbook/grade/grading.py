"""Grades a cohort: plans, asks workers, stores each result as it arrives. Loses nothing.

Threads ask the workers; only the thread that called writes to the store.
"""

import hashlib
import importlib.metadata
import json
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

from workbook.curriculum import Lesson
from workbook.grade import kit
from workbook.grade.desk import Desk, Job
from workbook.grade.expectation import Expectation
from workbook.grade.marks import Receipt
from workbook.grade.pair import Options, Pair
from workbook.grade.store import NOT_GRADED, Result, Store
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.home import Home

GRADER = "2"


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
        desk = Desk(expectation, _without_twins(jobs), pairs)
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
