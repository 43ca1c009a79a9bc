"""The base of all workers: a clean process that loads libraries once, and forks.

Started as a file, with nothing but its standard input. It never runs a learner's code.
"""

import gc
import importlib
import os
import select
import sys
from pathlib import Path

if __name__ == "__main__":  # started with -P -S: nothing is importable yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from workbook.grade.worker import lesson
from workbook.grade.worker.frames import read_frame, write_frame
from workbook.grade.worker.walls import Walls
from workbook.warm.warmup import warm_up

FAILED = 3


def main() -> None:
    """Answer `ready`; then lend the channel to one lesson after the other, until it closes."""
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nothing, handle)
    spec = read_frame(orders) or {}
    walls = Walls.of(spec)
    try:
        walls.around_base()
        sys.path[:] = spec["path"]
        for name in spec["imports"]:
            importlib.import_module(name)
        if "sqlalchemy.orm" in sys.modules:
            warm_up()
    except (OSError, ImportError) as error:
        write_frame(answers, {"failed": f"{type(error).__name__}: {error}"})
        sys.exit(FAILED)
    gc.collect()
    gc.freeze()  # children do not write to what they share with us
    write_frame(answers, {"ready": walls.tier})
    while _lend(walls, orders, answers) != lesson.CLOSED:
        pass


def _lend(walls: Walls, orders: int, answers: int) -> int:
    """Fork for the next lesson, and return how that ended.

    The child reads the order: it brings modules that another lesson must not see.
    """
    select.select([orders], [], [])
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        order = read_frame(orders)
        if order is None:
            os._exit(lesson.CLOSED)
        lesson.serve(order, walls, orders, answers)
    except BaseException as error:  # noqa: BLE001 - the judge hears of it, whatever it is
        write_frame(answers, {"failed": f"{type(error).__name__}: {error}"})
        os._exit(FAILED)
    os._exit(0)


if __name__ == "__main__":
    main()
