"""Many versions of a learner's files through the tests of one lesson, each in a process of its own.

Never runs a version in the process that asks: a warm process forks for each version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbook.check import CheckError
from workbook.curriculum import Lesson
from workbook.verdict import Verdict, from_data
from workbook.warm.helper import Helper
from workbook.warm.orders import Order


@dataclass(frozen=True)
class Variant:
    """One version of all files of a lesson."""

    name: str
    files: Mapping[str, str]
    strict: bool = False
    shuffle: int = 0


def run_variants(lesson: Lesson, variants: Sequence[Variant]) -> dict[str, Verdict | str]:
    """Return the verdict of each version by its name; a text says why there is none."""
    with Helper() as helper:
        return {variant.name: _verdict(helper, lesson, variant) for variant in variants}


def _verdict(helper: Helper, lesson: Lesson, variant: Variant) -> Verdict | str:
    texts, strict, shuffle = variant.files, variant.strict, variant.shuffle
    answer = helper.ask(Order(lesson.folder, texts=texts, strict=strict, shuffle=shuffle))
    return answer.failure or from_data(answer.data)


def answer_prediction(lesson: Lesson, files: Mapping[str, str]) -> str:
    """Return what the lesson's probe answers to its prediction, run on these files.

    Raises:
        CheckError: the process that runs it died, or the probe raised.
    """
    with Helper() as helper:
        answer = helper.ask(Order(lesson.folder, "predict", texts=files))
    if answer.failure:
        raise CheckError(answer.failure)
    return str(answer.data)
