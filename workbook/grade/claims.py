"""Reading what a worker says as a verdict. It is a claim, and its shape is not to be trusted."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from workbook.grade import clean
from workbook.grade.workers import Run
from workbook.verdict import Verdict, from_data

_PLAIN = (str, int, float, bool)
_OUTCOMES = ("passed", "failed", "blocked")


def feedback_of(run: Run) -> Verdict | None:
    """Return what the lesson's tests said, every text cleaned; None when it is no verdict."""
    found = next((line["verdict"] for line in run.lines if "verdict" in line), None)
    try:
        verdict = from_data(clean.data(found))
        sound = all(_has_its_types(part) for part in _parts(verdict))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return verdict if sound else None


def _parts(verdict: Verdict) -> Iterator[object]:
    yield verdict
    for test in (*verdict.guards, *(test for task in verdict.tasks for test in task.tests)):
        yield from (part for part in (test, test.place, test.recognised) if part is not None)
    for task in verdict.tasks:
        yield task
        if task.place is not None:
            yield task.place


def _has_its_types(part: Any) -> bool:
    if not is_dataclass(part) or getattr(part, "outcome", _OUTCOMES[0]) not in _OUTCOMES:
        return False
    for field in fields(part):
        value = getattr(part, field.name)
        wanted = (int, float) if field.type is float else field.type
        if field.type in _PLAIN and not isinstance(value, wanted):  # type: ignore[arg-type] # one of _PLAIN
            return False
    return True
