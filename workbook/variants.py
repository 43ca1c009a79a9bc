"""Many versions of a learner's files through the tests of one lesson, each in a process of its own.

Never runs a version in the process that asks: a clean parent loads SQLAlchemy and pytest once, then
forks for each version. Where there is no fork, the versions run one after the other.
"""

import ast
import contextlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.apart import run_apart
from workbook.check import CheckError, run
from workbook.curriculum import Lesson, load_lesson
from workbook.verdict import Verdict, from_data

TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Variant:
    """One version of all files of a lesson."""

    name: str
    files: Mapping[str, str]
    strict: bool = False
    shuffle: int = 0


def run_variants(
    lesson: Lesson, variants: Sequence[Variant], timeout_s: float = TIMEOUT_S
) -> dict[str, Verdict | str]:
    """Return the verdict of each version by its name; a text says why there is none.

    Raises:
        CheckError: the process that runs them died, or had no answer in time.
    """
    order = {"folder": str(lesson.folder), "variants": [vars(variant) for variant in variants]}
    answers = _ask(order, lesson, timeout_s)
    return {name: _read(answer) for name, answer in answers.items()}


def answer_prediction(lesson: Lesson, files: Mapping[str, str]) -> str:
    """Return what the lesson's probe answers to its prediction, run on these files.

    Raises:
        CheckError: the process that runs it died, or the probe raised.
    """
    return str(ask_probe(lesson, files, lesson.predict.observe))


def ask_probe(
    lesson: Lesson, files: Mapping[str, str], question: str, timeout_s: float = TIMEOUT_S
) -> object:
    """Return what a function of the lesson's probe.py answers, run on these files.

    Raises:
        CheckError: the process that runs it died, had no answer in time, or the probe raised.
    """
    variant = Variant("probe", files)
    order = {"folder": str(lesson.folder), "variants": [], "probe": vars(variant)}
    return _ask(order | {"question": question}, lesson, timeout_s)["probe"]


def _ask(order: Mapping[str, object], lesson: Lesson, timeout_s: float) -> dict[str, object]:
    ended = run_apart(["workbook.variants"], json.dumps(order, default=dict), timeout_s)
    if ended.status is None:
        raise CheckError(f"{lesson.slug}: no answer after {timeout_s:.0f} seconds")
    try:
        return dict(json.loads(ended.stdout))
    except ValueError:
        why = ended.stderr[-2000:] or f"ended with status {ended.status}"
        raise CheckError(f"{lesson.slug}: {why}") from None


def _read(answer: object) -> Verdict | str:
    return from_data(answer) if isinstance(answer, dict) else str(answer)


def _main() -> None:
    """Read the order from standard input, answer on standard output."""
    order = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # what a version prints is no answer
        answers = _answers(order, load_lesson(Path(order["folder"])))
    json.dump(answers, sys.stdout, default=repr)


def _answers(order: dict[str, Any], lesson: Lesson) -> dict[str, object]:
    _load_libraries(lesson.folder / "test_exercise.py")
    answers = {data["name"]: _answer(lesson, Variant(**data)) for data in order["variants"]}
    if "probe" in order:
        answers["probe"] = _probed(lesson, Variant(**order["probe"]), order["question"])
    return answers


def _load_libraries(tests: Path) -> None:
    """Load what the tests import, once, here, for all children; never the app."""
    names = {"pytest", "sqlalchemy.orm"}
    for node in ast.walk(ast.parse(tests.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    for name in names:
        if name.partition(".")[0] not in ("case_tracker", "workbook"):
            importlib.import_module(name)


def _probed(lesson: Lesson, variant: Variant, question: str) -> object:
    from workbook.probe import ask  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.session import Room  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        _write(variant, Path(folder))
        return ask(Room(lesson, Path(folder)), question)


def _write(variant: Variant, folder: Path) -> None:
    for name, text in variant.files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _answer(lesson: Lesson, variant: Variant) -> object:
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        _write(variant, Path(folder))
        answer = Path(folder, "answer.json")
        if not hasattr(os, "fork"):
            return _verdict(lesson, variant, Path(folder))
        if not (child := os.fork()):
            answer.write_text(json.dumps(_verdict(lesson, variant, Path(folder)), default=repr))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status or not answer.exists():
            return f"ended with status {os.waitstatus_to_exitcode(status)}"
        return json.loads(answer.read_text())


def _verdict(lesson: Lesson, variant: Variant, folder: Path) -> object:
    try:
        verdict = run(lesson, folder, strict=variant.strict, shuffle=variant.shuffle)
    except CheckError as error:
        return str(error)
    return verdict.to_data()


if __name__ == "__main__":
    _main()
