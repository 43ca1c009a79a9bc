"""A cohort in parts that any machine can grade, and the parts put together again.

A shard is one JSON file with all it needs: submissions, seeds, limits. Its result is a store.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook.curriculum import Lesson
from workbook.grade.grading import Grading, Report, Step
from workbook.grade.pair import Options
from workbook.grade.store import Store
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.grade.worker.frames import decoded, encoded
from workbook.grade.workers import Limits
from workbook.home import Home

SCHEMA = "https://unit-of-workbook.invalid/shard/1"


class ShardError(Exception):
    """A shard cannot be used; the message says what to do."""


def name_of(number: int, count: int, suffix: str = "json") -> str:
    """Return the name of a shard's file: `shard-1-of-4.json`."""
    return f"shard-{number}-of-{count}.{suffix}"


def plan(cohort: Cohort, store: Store, options: Options, count: int) -> Iterator[dict[str, Any]]:
    """Yield `count` shards: learners in turn, all with the seeds of the store."""
    seeds = {slug: store.seed(slug) for slug in {s.lesson for s in cohort.submissions}}
    for number in range(count):
        learners = cohort.learners[number::count]
        keys = {learner.key for learner in learners}
        own = [s for s in cohort.submissions if s.learner in keys]
        yield shard(learners, own, seeds, options)


def shard(
    learners: Sequence[Learner],
    submissions: Sequence[Submission],
    seeds: Mapping[str, int],
    options: Options,
) -> dict[str, Any]:
    """Return one shard as JSON holds it."""
    return {
        "schema": SCHEMA,
        "seeds": dict(seeds),
        "tier": options.tier,
        "limits": asdict(options.limits),
        "extra": encoded(options.extra),
        "learners": [asdict(learner) for learner in learners],
        "submissions": [_packed(submission) for submission in submissions],
    }


def _packed(submission: Submission) -> dict[str, Any]:
    return vars(submission) | {
        "files": encoded(submission.files),
        "notes": list(submission.notes),
    }


def _unpacked(data: dict[str, Any]) -> Submission:
    return Submission(**data | {"files": decoded(data["files"]), "notes": tuple(data["notes"])})


def read(path: Path) -> dict[str, Any]:
    """Return the shard of a file.

    Raises:
        ShardError: there is no such file, or it is no shard.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ShardError(f"{path}: {error.strerror}; `grade plan` writes it") from None
    except ValueError:
        raise ShardError(f"{path} is no shard: not JSON") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ShardError(f"{path} is no shard of this version")
    return data


def run(  # noqa: PLR0913, PLR0917 - all of it is needed to grade
    data: Mapping[str, Any],
    lessons: Sequence[Lesson],
    home: Home,
    out: Path,
    jobs: int,
    report: Report = lambda _: None,
) -> list[Step]:
    """Grade a shard into a store at `out`; return what could not be graded."""
    extra = decoded(data.get("extra", {}))
    options = Options(data["tier"], jobs, Limits(**data["limits"]), extra)
    cohort = Cohort(
        tuple(Learner(**learner) for learner in data["learners"]),
        tuple(_unpacked(submission) for submission in data["submissions"]),
    )
    store = Store(out)
    try:
        for slug, seed in data["seeds"].items():
            store.set_seed(slug, seed)
        wanted = [lesson for lesson in lessons if lesson.slug in data["seeds"]]
        return Grading(home, store, options, report).grade(cohort, wanted)
    finally:
        store.close()


def merge(parts: Sequence[Path], store: Store) -> None:
    """Put the results of shards into one store; what people decided there stays.

    Raises:
        StoreError: a part cannot be read, or was graded with another seed.
    """
    for part in parts:
        store.absorb(part)
