"""A learner's code on trial: verdicts and counts from a process that can be ended.

Never runs a learner's code in the process that asks.
"""

import contextlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbook.apart import run_apart
from workbook.check import CheckError
from workbook.curriculum import Lesson, load_lesson
from workbook.variants import Variant, run_variants
from workbook.verdict import Verdict, from_data

LIMIT_S = 45.0


def judge(
    lesson: Lesson, variants: Sequence[Variant], limit_s: float = LIMIT_S
) -> dict[str, Verdict | str]:
    """Return the verdict of each version by its name; a text says why there is none.

    Raises:
        CheckError: there was no answer in time, or none at all.
    """
    order = {"variants": [vars(variant) for variant in variants]}
    answers = dict(_ask(lesson, order, limit_s))
    return {
        name: from_data(answer) if isinstance(answer, dict) else str(answer)
        for name, answer in answers.items()
    }


def ask_probe(
    lesson: Lesson, files: Mapping[str, str], question: str, limit_s: float = LIMIT_S
) -> object:
    """Return what a function of the lesson's probe.py answers about these files.

    Raises:
        CheckError: it raised, or there was no answer in time.
    """
    return _ask(lesson, {"files": files, "question": question}, limit_s)


def _ask(lesson: Lesson, order: Mapping[str, object], limit_s: float) -> Any:
    text = json.dumps({"folder": str(lesson.folder), **order}, default=dict)
    ended = run_apart(["workbook.trial"], text, limit_s)
    if ended.status is None:
        why = "is there a loop that does not end?"
        raise CheckError(f"no answer after {limit_s:.0f} seconds: {why}")
    try:
        return json.loads(ended.stdout)
    except ValueError:
        last = (ended.stderr.strip().splitlines() or [f"it ended with status {ended.status}"])[-1]
        raise CheckError(last) from None


def _main() -> None:
    """Read the order from standard input, answer on standard output."""
    order = json.load(sys.stdin)
    lesson = load_lesson(Path(order["folder"]))
    with contextlib.redirect_stdout(sys.stderr):  # what the code prints is no answer
        answer = _probed(lesson, order) if "question" in order else _judged(lesson, order)
    json.dump(answer, sys.stdout, default=repr)


def _judged(lesson: Lesson, order: Mapping[str, Any]) -> dict[str, object]:
    verdicts = run_variants(lesson, [Variant(**variant) for variant in order["variants"]])
    return {
        name: verdict if isinstance(verdict, str) else verdict.to_data()
        for name, verdict in verdicts.items()
    }


def _probed(lesson: Lesson, order: Mapping[str, Any]) -> object:
    from workbook.probe import ask  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.session import Room  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        for name, text in order["files"].items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return ask(Room(lesson, Path(folder)), order["question"])


if __name__ == "__main__":
    _main()
