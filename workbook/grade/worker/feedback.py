"""The learner's process of a feedback run: the lesson's own tests, as the learner sees them.

They are collected once, before any learner's code is there; each learner's process runs them. It is
assumed that the learner's code sees its tests, and can say what it likes about them.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbook.grade.worker.walls import Walls

if TYPE_CHECKING:
    from workbook.collected import Collected
    from workbook.curriculum import Lesson

Task = Callable[[Mapping[str, Any], int], None]


def load(order: Mapping[str, Any], walls: Walls, then: Callable[[Task], None]) -> None:
    """Load all that a learner's code has no part in; call `then` with what is to do with it."""
    from workbook.collected import collect  # noqa: PLC0415 - from the copy, there by now
    from workbook.curriculum import load_lesson  # noqa: PLC0415 - the same

    lesson = load_lesson(walls.app / "lessons" / order["lesson"])
    served = collect(
        lesson,
        walls.scratch / "files",
        lambda collected: then(lambda _, out: _tell(_run(collected), walls, out)),
        settings=walls.app,
        scratch=walls.scratch / "tmp" / "tests",
        warm=order["warm"],
    )
    if not served:
        then(lambda _, out: _tell(_whole_run(lesson, walls), walls, out))


def _run(collected: "Collected") -> dict[str, Any]:
    verdict = collected.run()
    if verdict is None:
        return {"no verdict": "the tests were ended before the first one was"}
    return {"verdict": verdict.to_data()}


def _whole_run(lesson: "Lesson", walls: Walls) -> dict[str, Any]:
    from workbook.check import CheckError, run  # noqa: PLC0415 - from the copy

    try:
        return {"verdict": run(lesson, walls.scratch / "files").to_data()}
    except CheckError as error:
        return {"no verdict": str(error)[-2000:]}
    except BaseException as error:  # noqa: BLE001 - an exit is an answer, too
        return {"no verdict": type(error).__name__}


def _tell(answer: Mapping[str, Any], walls: Walls, out: int) -> None:
    text = json.dumps(answer, default=repr).replace(f"{walls.scratch / 'files'}/", "")
    rest = text.encode()
    while rest:
        rest = rest[os.write(out, rest) :]
