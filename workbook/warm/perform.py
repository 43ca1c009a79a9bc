"""Carrying out one order, in the process that is called. Loads libraries; never keeps an order."""

import ast
import contextlib
import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbook.check import CheckError, run
from workbook.curriculum import CurriculumError, load_lesson
from workbook.warm.orders import Answer, Order, cannot_run

NOT_HERE = ("case_tracker", "workbook")  # the app belongs to the world of each order
ALWAYS = ("pytest", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "workbook.plugin")


def load_libraries(lesson: Path | None = None) -> None:
    """Import what every lesson needs, or what the tests of this one import; never the app."""
    for name in _imports(lesson / "test_exercise.py") if lesson else ALWAYS:
        with contextlib.suppress(ImportError):  # the tests will say so
            importlib.import_module(name)


def _imports(tests: Path) -> Iterator[str]:
    try:
        tree = ast.parse(tests.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        yield from (name for name in names if name.partition(".")[0] not in NOT_HERE)


def perform(number: int, order: Order) -> Answer:
    """Return the verdict as data, or what the probe answers; a failure says why there is none."""
    try:
        with _files(order) as files:
            return Answer(
                number, _verdict(order, files) if order.kind == "check" else _probe(order, files)
            )
    except (CheckError, CurriculumError) as error:
        return Answer(number, failure=str(error))
    except OSError as error:
        return Answer(number, failure=cannot_run(error))


@contextmanager
def _files(order: Order) -> Iterator[Path]:
    if not order.texts:
        yield order.files or order.lesson
        return
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        for name, text in order.texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        yield Path(folder)


def _verdict(order: Order, files: Path) -> dict[str, Any]:
    lesson = load_lesson(order.lesson)
    verdict = run(
        lesson,
        files,
        strict=order.strict,
        shuffle=order.shuffle,
        postgres=order.postgres,
        limit_s=order.limit_s,
    )
    return verdict.to_data()


def _probe(order: Order, files: Path) -> str:
    from workbook.probe import ask  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.session import Room  # noqa: PLC0415 - the same

    lesson = load_lesson(order.lesson)
    if not (lesson.folder / "probe.py").is_file():
        raise CheckError("this edition runs no predictions; the page has the answer, under Concept")
    try:
        return str(ask(Room(lesson, files), lesson.predict.observe))
    except Exception as error:
        raise CheckError(f"{type(error).__name__}: {error}") from error
