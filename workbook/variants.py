"""Many versions of a learner's files through the tests of one lesson, each in a process of its own.

Never runs a version in the process that asks: a warm process forks for each version.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from workbook.check import CheckError
from workbook.curriculum import Lesson
from workbook.postgres.server import private_server
from workbook.verdict import Verdict, from_data
from workbook.warm.helper import Helper
from workbook.warm.orders import Order

LONGEST_S = 120.0  # a mutant may have made a loop endless


@dataclass(frozen=True)
class Variant:
    """One version of all files of a lesson."""

    name: str
    files: Mapping[str, str]
    strict: bool = False
    shuffle: int = 0
    postgres: bool = False


def run_variants(
    lesson: Lesson, variants: Sequence[Variant], *, limit_s: float = LONGEST_S
) -> dict[str, Verdict | str]:
    """Return the verdict of each version by its name; a text says why there is none.

    Versions that run on PostgreSQL share one private server. A test that takes longer than
    `limit_s` is stopped and fails.

    Raises:
        PostgresUnavailableError: there is no server for those that need one.
    """
    with ExitStack() as stack:
        environment = {}
        if any(variant.postgres for variant in variants):
            environment["WORKBOOK_POSTGRES_URL"] = stack.enter_context(private_server()).address
        helper = stack.enter_context(Helper(environment=environment))
        return {v.name: _verdict(helper, lesson, v, limit_s) for v in variants}


def _verdict(helper: Helper, lesson: Lesson, variant: Variant, limit_s: float) -> Verdict | str:
    order = Order(
        lesson.folder,
        texts=variant.files,
        strict=variant.strict,
        shuffle=variant.shuffle,
        postgres=variant.postgres,
        limit_s=limit_s,
    )
    answer = helper.ask(order)
    return answer.failure or from_data(answer.data)


def answer_prediction(lesson: Lesson, files: Mapping[str, str]) -> str:
    """Return what the lesson's probe answers to its prediction, run on these files.

    Raises:
        CheckError: the process that runs it died, or the probe raised.
    """
    with Helper() as helper:
        answer = helper.ask(Order(lesson.folder, "predict", texts=files, limit_s=LONGEST_S))
    if answer.failure:
        raise CheckError(answer.failure)
    return str(answer.data)
