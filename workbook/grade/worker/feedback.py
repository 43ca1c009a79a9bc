"""The learner's process of a feedback run: the lesson's own tests, as the learner sees them.

It is assumed that the learner's code sees its tests, and can say what it likes about them.
"""

import contextlib
import importlib
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbook.grade.worker.walls import Walls

if TYPE_CHECKING:
    from workbook.curriculum import Lesson

Task = Callable[[Mapping[str, Any], int], None]


def prepare(order: Mapping[str, Any], walls: Walls) -> Task:
    """Load all that a learner's code has no part in; return what to do in the learner's process."""
    from workbook.check import CheckError, run  # noqa: PLC0415 - from the copy, there by now
    from workbook.curriculum import load_lesson  # noqa: PLC0415 - the same

    lesson = load_lesson(walls.app / "lessons" / order["lesson"])
    _load_plugins()
    _rewrite_tests(lesson, walls)

    def check(_request: Mapping[str, Any], out: int) -> None:
        try:
            answer: dict[str, Any] = {"verdict": run(lesson, walls.scratch / "files").to_data()}
        except CheckError as error:
            answer = {"no verdict": str(error)[-2000:]}
        except BaseException as error:  # noqa: BLE001 - an exit is an answer, too
            answer = {"no verdict": type(error).__name__}
        text = json.dumps(answer, default=repr).replace(f"{walls.scratch / 'files'}/", "")
        rest = text.encode()
        while rest:
            rest = rest[os.write(out, rest) :]

    return check


def _load_plugins() -> None:
    """Import what pytest would import in every child."""
    from _pytest.config import default_plugins  # noqa: PLC0415 - in a worker of this role only

    for name in default_plugins:
        importlib.import_module(f"_pytest.{name}")
    importlib.import_module("workbook.plugin")


def _rewrite_tests(lesson: "Lesson", walls: Walls) -> None:
    """Let pytest rewrite the assertions of the tests once, and keep the bytecode beside them.

    A child does it, on files that are empty: what it loads goes with it.
    """
    from workbook.check import CheckError, run  # noqa: PLC0415 - from the copy

    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    walls.around_grading({file.name: b"" for file in lesson.files})
    os.environ["TMPDIR"] = str(walls.scratch / "tmp")
    with contextlib.suppress(CheckError):
        run(lesson, walls.scratch / "files")
    os._exit(0)
