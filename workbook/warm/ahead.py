"""What can be done for an order before it comes: everything that has no part of a learner's file.

Only for what a watcher asks again and again, the tests of a lesson on the learner's own files.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workbook import fixtures
from workbook.check import fast_folder
from workbook.collected import Collected, collect
from workbook.curriculum import CurriculumError, load_lesson
from workbook.home import app_source
from workbook.warm.orders import Answer, Order, Work
from workbook.world import app_modules_in

Stamp = tuple[str, int, int]


@dataclass(frozen=True)
class Key:
    """What an order shares with those that one process can carry out.

    `ready` is the order that it can be made ready for; None: there is nothing to make ready. The
    ages of the tests and of the app are part of it, and the place for what a run writes.
    """

    ready: Order | None
    place: str
    stamps: tuple[Stamp, ...] = ()


def key_of(order: Order) -> Key:
    """Return the key of an order."""
    key = Key(None, place())
    if order != Order(order.lesson, limit_s=order.limit_s):
        return key
    try:
        learners = {str(order.lesson / file.name) for file in load_lesson(order.lesson).files}
        app = app_source("case_tracker.bootstrap").parent
    except (CurriculumError, OSError):
        return key
    stamps = [*_stamps(order.lesson), *_stamps(app)]
    return replace(
        key, ready=order, stamps=tuple(sorted(one for one in stamps if one[0] not in learners))
    )


def place() -> str:
    """Return the folder for what a run writes: in memory, where there is one with room."""
    with contextlib.suppress(OSError):
        return fast_folder() or tempfile.gettempdir()
    return "/tmp"  # noqa: S108 - a run will say that it is full


def _stamps(folder: Path) -> Iterator[Stamp]:
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            if name.startswith((".", "#")) or name.endswith("~"):  # an editor's
                continue
            file = os.path.join(path, name)  # noqa: PTH118 - it is asked for at each save
            with contextlib.suppress(OSError):  # it is gone again
                found = os.stat(file)  # noqa: PTH116 - the same
                yield file, found.st_mtime_ns, found.st_size


def make_ready(order: Order, scratch: Path, then: Callable[[Work], None]) -> bool:
    """Call `then` with what a forked process has to do for an order with some number.

    Says whether it was called: some lessons cannot be made ready.
    """
    lesson = load_lesson(order.lesson)
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked = [lesson.folder / "test_exercise.py", Path(fixtures.__file__)]

    def run(number: int, tests: Collected) -> Answer:
        if verdict := tests.run():
            return Answer(number, verdict.to_data())
        return Answer(number, failure="the tests were ended before the first one was")

    return collect(
        lesson,
        lesson.folder,
        lambda tests: then(lambda number: run(number, tests)),
        settings=scratch,
        scratch=scratch / "tmp" / "tests",
        limit_s=order.limit_s,
        warm=app_modules_in(asked),
    )
