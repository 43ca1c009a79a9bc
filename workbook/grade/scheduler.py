"""Shards of a cohort on a Dask cluster. Each task grades one shard behind walls of its own.

Every machine of the cluster needs the same version of this package; a shard that fails is lost to
this run only, and graded by the next one.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.curriculum import Lesson, load_lessons
from workbook.grade import shards, tiers
from workbook.grade.desk import Job
from workbook.grade.grading import Grading, Step
from workbook.grade.store import NOT_GRADED
from workbook.grade.workers import WorkerLostError
from workbook.home import find_home

if TYPE_CHECKING:
    from workbook.grade.submissions import Cohort

SIZE = 50
PREFIX = "dask://"


class SchedulerError(Exception):
    """The cluster cannot be used; the message says what to do."""


def grade(
    address: str, cohort: "Cohort", lessons: Sequence[Lesson], grading: Grading
) -> list[Step]:
    """Grade what is new or changed on the cluster at `dask://HOST:PORT`.

    Results are stored as their shards come back.

    Raises:
        SchedulerError: Dask is not installed, or nobody answers.
    """
    try:
        from distributed import Client, as_completed  # noqa: PLC0415 - the extra `cluster`
    except ImportError:
        raise SchedulerError("install the extra: pip install 'unit-of-workbook[cluster]'") from None
    try:
        client = Client(address.replace(PREFIX, "tcp://"), timeout=10)
    except OSError as error:
        raise SchedulerError(f"no Dask scheduler answers at {address}: {error}") from None
    lost: list[Step] = []
    with client:
        sent = {}
        for jobs in _parts(grading.pending(cohort, lessons)):
            future = client.submit(run_shard, _shard(jobs, grading), retries=1, pure=False)
            sent[future] = jobs
        for future in as_completed(sent):
            problem = future.exception()
            part = None if problem else future.result()
            lost += _take(sent[future], part, problem, grading)
    return lost


def _parts(jobs: Sequence[Job]) -> list[list[Job]]:
    """Cut jobs into shards; a shard has one lesson, so that its workers load one."""
    found: list[list[Job]] = []
    for slug in dict.fromkeys(job.submission.lesson for job in jobs):
        own = [job for job in jobs if job.submission.lesson == slug]
        found += [own[start : start + SIZE] for start in range(0, len(own), SIZE)]
    return found


def _shard(jobs: Sequence[Job], grading: Grading) -> dict[str, Any]:
    slug = jobs[0].submission.lesson
    learners = list({job.learner.key: job.learner for job in jobs}.values())
    submissions = [job.submission for job in jobs]
    return shards.shard(learners, submissions, {slug: jobs[0].receipt.seed}, grading.options)


def run_shard(data: dict[str, Any]) -> bytes:
    """Grade a shard on the machine that this runs on; return its store.

    Raises:
        WorkerLostError: the tier of the shard does not hold here.
    """
    examination = tiers.examine(data["tier"])
    if not examination.holds:
        raise WorkerLostError(f"{data['tier']} does not hold here: {examination.failure}")
    home = find_home()
    with tempfile.TemporaryDirectory(prefix="workbook-shard-") as folder:
        out = Path(folder, "shard.sqlite")
        shards.run(data, load_lessons(home.lessons), home, out, jobs=1)
        return out.read_bytes()


def _take(
    jobs: Sequence[Job], part: bytes | None, error: BaseException | None, grading: Grading
) -> list[Step]:
    if part is not None:
        with tempfile.TemporaryDirectory(prefix="workbook-shard-") as folder:
            path = Path(folder, "shard.sqlite")
            path.write_bytes(part)
            grading.store.absorb(path)
    trouble = f"{type(error).__name__}: {error}" if error else ""
    steps = []
    for job in jobs:
        mark = grading.store.mark(job.receipt)
        why = trouble or ("" if mark else "the cluster has another version of this package")
        verdict = mark.verdict if mark else NOT_GRADED
        steps.append(grading.step(job.submission, verdict, trouble=why))
    return [step for step in steps if step.trouble]
