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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from workbook.curriculum import Lesson
from workbook.grade import kit
from workbook.grade.expectation import Expectation, expect
from workbook.grade.judge import judge
from workbook.grade.marks import Mark, Receipt
from workbook.grade.store import Store
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


def grade(
    cohort: Cohort,
    lessons: Sequence[Lesson],
    home: Home,
    store: Store,
    options: Options,
    report: Report = lambda _: None,
) -> list[Step]:
    """Grade everything that is new or changed; return what could not be graded.

    Stopping at any moment keeps what was stored.

    Raises:
        ExpectationError: the reference of a lesson has no answer.
        WorkerLostError: no worker can be started.
    """
    counter = _Counter(len(cohort.submissions), report)
    people = {learner.key: learner for learner in cohort.learners}
    lost: list[Step] = []
    for lesson in lessons:
        own = [s for s in cohort.submissions if s.lesson == lesson.slug]
        jobs = list(_new(own, people, lesson, store, options, counter))
        if jobs:
            seed = store.seed(lesson.slug)
            expectation = expect(lesson, home, seed, options.tier)
            lost += _grade_lesson(expectation, jobs, store, options, counter)
    return lost


class _Counter:
    def __init__(self, total: int, report: Report) -> None:
        self.total = total
        self.done = 0
        self.report = report

    def step(self, submission: Submission, verdict: str, *, known: bool = False, trouble: str = "") -> Step:
        self.done += 1
        step = Step(
            submission.learner, submission.lesson, verdict, self.done, self.total, known, trouble
        )
        self.report(step)
        return step


def _new(
    submissions: Sequence[Submission],
    people: dict[str, Learner],
    lesson: Lesson,
    store: Store,
    options: Options,
    counter: _Counter,
) -> Iterator[Job]:
    """Store what needs no grading, and yield the rest."""
    fingerprint = kit.fingerprint(lesson)
    for submission in submissions:
        learner = people[submission.learner]
        if submission.state:
            store.save(learner, submission)
            counter.step(submission, submission.state)
            continue
        receipt = receipt_of(submission, fingerprint, store.seed(lesson.slug), options)
        known = store.mark(receipt)
        if known is None:
            yield Job(learner, submission, receipt)
        else:
            store.save(learner, submission, known, receipt)
            counter.step(submission, known.verdict, known=True)


def receipt_of(submission: Submission, lesson: str, seed: int, options: Options) -> Receipt:
    """Return what the mark of a submission depends on."""
    limits = f"{options.limits.timeout_s:g} s, {options.limits.memory_mib} MiB"
    return Receipt(
        submission.digest, lesson, versions(), GRADER, options.tier, seed, limits
    )


def versions() -> str:
    """Return a hash of the versions that decide how a program behaves."""
    names = ("sqlalchemy", "alembic", "fastapi", "pytest", "click")
    found = {name: importlib.metadata.version(name) for name in names}
    found |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found["platform"] = sys.platform
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _grade_lesson(
    expectation: Expectation, jobs: Sequence[Job], store: Store, options: Options, counter: _Counter
) -> list[Step]:
    waiting: queue.SimpleQueue[list[Job]] = queue.SimpleQueue()
    for job in _without_twins(jobs):
        waiting.put(job)
    done: queue.SimpleQueue[tuple[list[Job], Mark | None, str]] = queue.SimpleQueue()
    stop = threading.Event()
    count = waiting.qsize()
    threads = [
        threading.Thread(target=_ask, args=(expectation, waiting, done, stop, options), daemon=True)
        for _ in range(min(options.jobs, count))
    ]
    for thread in threads:
        thread.start()
    lost = []
    try:
        for _ in range(count):
            twins, mark, trouble = done.get()
            for job in twins:
                store.save(job.learner, job.submission, mark, job.receipt if mark else None)
                verdict = mark.verdict if mark else "not-graded"
                step = counter.step(job.submission, verdict, trouble=trouble)
                lost += [step] if trouble else []
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return lost


def _without_twins(jobs: Sequence[Job]) -> list[list[Job]]:
    """Put jobs with the same receipt together: they are graded once."""
    found: dict[Receipt, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.receipt, []).append(job)
    return list(found.values())


def _ask(
    expectation: Expectation,
    waiting: "queue.SimpleQueue[list[Job]]",
    done: "queue.SimpleQueue[tuple[list[Job], Mark | None, str]]",
    stop: threading.Event,
    options: Options,
) -> None:
    with ExitStack() as stack:
        points, feedback = (
            stack.enter_context(Worker(role, options.tier, options.limits))
            for role in ("points", "feedback")
        )
        while not stop.is_set():
            try:
                twins = waiting.get_nowait()
            except queue.Empty:
                return
            mark, trouble = None, ""
            try:
                mark = _patiently(expectation, twins[0].submission, points, feedback)
            except WorkerLostError as error:
                trouble = str(error)
            except Exception as error:  # noqa: BLE001 - a mistake of ours costs nobody points
                trouble = f"{type(error).__name__}: {error}"
            done.put((twins, mark, trouble))


def _patiently(
    expectation: Expectation, submission: Submission, points: Worker, feedback: Worker
) -> Mark:
    """Grade one submission; a worker that is lost is started anew.

    Raises:
        WorkerLostError: it was lost each time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return grade_one(expectation, submission, points, feedback)
        except WorkerLostError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def grade_one(
    expectation: Expectation, submission: Submission, points: Worker, feedback: Worker
) -> Mark:
    """Run a submission in two workers and judge it."""
    lesson = expectation.lesson
    for worker in (points, feedback):
        if worker.lesson is not lesson:
            worker.open(lesson, canaries=worker is feedback)
    asked = {"seeds": list(expectation.seeds), "read": True}
    first = _with_time(points, submission, **asked)
    return judge(expectation, first, _with_time(feedback, submission))


def _with_time(worker: Worker, submission: Submission, **asked: object) -> Run:
    """Run it; once more, with more time, if it waited for the machine and not for itself."""
    run = worker.run(submission.files, **asked)
    if run.status == "timeout" and run.cpu_s < worker.limits.timeout_s / 2:
        more = {"timeout_s": 2 * worker.limits.timeout_s}
        return worker.run(submission.files, **asked | more)
    return run
