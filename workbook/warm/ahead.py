"""What can be done for an order before it comes: everything that has no part of a learner's file.

Only for what a watcher asks again and again, the tests of a lesson on the learner's own files.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from workbook import fixtures
from workbook.collected import Collected, collect
from workbook.curriculum import CurriculumError, load_lesson
from workbook.home import app_source
from workbook.warm.orders import Answer, Order, Work
from workbook.world import app_modules_in

Stamp = tuple[str, int, int]
Key = tuple[Order, tuple[Stamp, ...]]


def key_of(order: Order) -> Key | None:
    """Return what an order shares with those that a process can have been made ready for.

    None: there is nothing to make ready. A key holds the age of the tests and of the app.
    """
    if order != Order(order.lesson, limit_s=order.limit_s):
        return None
    try:
        learners = {str(order.lesson / file.name) for file in load_lesson(order.lesson).files}
        app = app_source("case_tracker.bootstrap").parent
        stamps = [*_stamps(order.lesson), *_stamps(app)]
    except (CurriculumError, OSError):
        return None
    return order, tuple(sorted(stamp for stamp in stamps if stamp[0] not in learners))


def _stamps(folder: Path) -> Iterator[Stamp]:
    for place, folders, names in os.walk(folder):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - it is asked for at each save
            found = os.stat(path)  # noqa: PTH116 - the same
            yield path, found.st_mtime_ns, found.st_size


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
