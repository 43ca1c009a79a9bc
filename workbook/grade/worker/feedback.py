"""The learner's process of a feedback run: the lesson's own tests, as the learner sees them.

It is assumed that the learner's code sees its tests, and can say what it likes about them.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from workbook.grade.worker.walls import Walls

Task = Callable[[Mapping[str, Any], int], None]


def prepare(order: Mapping[str, Any], walls: Walls) -> Task:
    """Load all that a learner's code has no part in; return what to do in the learner's process."""
    from workbook.check import CheckError, run  # noqa: PLC0415 - from the copy, there by now
    from workbook.curriculum import load_lesson  # noqa: PLC0415 - the same

    lesson = load_lesson(walls.app / "lessons" / order["lesson"])

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
