"""The warm parent of one lesson: it has everything but a learner's code, and forks for each."""

import gc
import importlib
import os
import select
import sys
from collections.abc import Mapping
from typing import Any

from workbook.grade.worker.frames import decoded, read_frame, write_frame
from workbook.grade.worker.supervisor import Task, supervise
from workbook.grade.worker.walls import Walls

CLOSED = 70


def serve(order: Mapping[str, Any], walls: Walls, orders: int, answers: int) -> None:
    """Load the lesson, answer `open`; then grade until an order says `close`."""
    walls.around_lesson(decoded(order["files"]))
    _find_ours_in(str(walls.app))
    role = importlib.import_module(f"workbook.grade.worker.{order['role']}")

    def grade_all(task: Task) -> None:
        gc.collect()
        gc.freeze()
        write_frame(answers, {"open": order["lesson"]})
        while (code := _grade_next(walls, task, orders, answers)) != CLOSED:
            if code:
                write_frame(answers, {"status": "lost"})

    role.load(order, walls, grade_all)


def _grade_next(walls: Walls, task: Task, orders: int, answers: int) -> int:
    """Fork for the next order, and return how that ended.

    The child reads it: this process must never have seen a submission, nor the reference, for its
    memory is the memory of everybody who comes after.
    """
    select.select([orders], [], [])
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    request = read_frame(orders)
    if request is None or "close" in request:
        os._exit(CLOSED)
    supervise(request, walls, task, orders, answers)
    os._exit(0)


def _find_ours_in(app: str) -> None:
    """Let every import of ours come from the copy; what is loaded already is the same text."""
    sys.path.insert(0, app)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "workbook" and hasattr(module, "__path__"):
            module.__path__ = [f"{app}/{name.replace('.', '/')}"]
    importlib.invalidate_caches()
