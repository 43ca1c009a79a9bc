"""Many versions of a learner's files through the tests of one lesson, each in a process of its own.

Never runs a version in the process that asks: a clean parent loads SQLAlchemy and pytest once, then
forks for each version. Where there is no fork, the versions run one after the other.
"""

import ast
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from workbook.check import CheckError, run
from workbook.curriculum import Lesson, load_lesson
from workbook.postgres.server import private_server
from workbook.verdict import Verdict, from_data

TIMEOUT_S = 600.0
LONGEST_S = 60


@dataclass(frozen=True)
class Variant:
    """One version of all files of a lesson."""

    name: str
    files: Mapping[str, str]
    strict: bool = False
    shuffle: int = 0
    postgres: bool = False


def run_variants(lesson: Lesson, variants: Sequence[Variant]) -> dict[str, Verdict | str]:
    """Return the verdict of each version by its name; a text says why there is none.

    Versions that run on PostgreSQL share one private server.

    Raises:
        CheckError: the process that runs them died.
        PostgresUnavailableError: there is no server for those that need one.
    """
    order = {"folder": str(lesson.folder), "variants": [vars(variant) for variant in variants]}
    with ExitStack() as stack:
        environment = {}
        if any(variant.postgres for variant in variants):
            environment["WORKBOOK_POSTGRES_URL"] = stack.enter_context(private_server()).address
        answers = _ask(order, lesson, environment)
    return {name: _read(answer) for name, answer in answers.items()}


def answer_prediction(lesson: Lesson, files: Mapping[str, str]) -> str:
    """Return what the lesson's probe answers to its prediction, run on these files.

    Raises:
        CheckError: the process that runs it died, or the probe raised.
    """
    variant = Variant("prediction", files)
    order = {"folder": str(lesson.folder), "variants": [], "predict": vars(variant)}
    return str(_ask(order, lesson)["prediction"])


def _ask(
    order: Mapping[str, object],
    lesson: Lesson,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "workbook.variants"],
        input=json.dumps(order, default=dict).encode(),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
    )
    if done.returncode:
        raise CheckError(f"{lesson.slug}: {done.stderr.decode(errors='replace')[-2000:]}")
    return dict(json.loads(done.stdout))


def _read(answer: object) -> Verdict | str:
    return from_data(answer) if isinstance(answer, dict) else str(answer)


def _main() -> None:
    """Read the order from standard input, answer on standard output."""
    order = json.load(sys.stdin)
    lesson = load_lesson(Path(order["folder"]))
    _load_libraries(lesson.folder / "test_exercise.py")
    answers = {data["name"]: _answer(lesson, Variant(**data)) for data in order["variants"]}
    if "predict" in order:
        answers["prediction"] = _prediction(lesson, Variant(**order["predict"]))
    json.dump(answers, sys.stdout, default=repr)


def _load_libraries(tests: Path) -> None:
    """Load what the tests import, once, here, for all children; never the app."""
    names = {"pytest", "sqlalchemy.orm"}
    for node in ast.walk(ast.parse(tests.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    for name in names:
        if name.partition(".")[0] not in ("case_tracker", "workbook"):
            importlib.import_module(name)


def _prediction(lesson: Lesson, variant: Variant) -> str:
    from workbook.probe import ask  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.session import Room  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        _write(variant, Path(folder))
        return str(ask(Room(lesson, Path(folder)), lesson.predict.observe))


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
            signal.alarm(LONGEST_S)  # a mutant may have made a loop endless
            answer.write_text(json.dumps(_verdict(lesson, variant, Path(folder)), default=repr))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        return json.loads(answer.read_text()) if status == 0 else f"ended with status {status}"


def _verdict(lesson: Lesson, variant: Variant, folder: Path) -> object:
    try:
        verdict = run(
            lesson,
            folder,
            strict=variant.strict,
            shuffle=variant.shuffle,
            postgres=variant.postgres,
        )
    except CheckError as error:
        return str(error)
    return verdict.to_data()


if __name__ == "__main__":
    _main()
