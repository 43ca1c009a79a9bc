"""The learner's process of a feedback run: the lesson's own tests, as the learner sees them.

They are collected once, before any learner's code is there; each learner's process runs them. It is
assumed that the learner's code sees its tests, and can say what it likes about them.
"""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbook.grade.worker.walls import Walls

if TYPE_CHECKING:
    import pytest

    from workbook.curriculum import Lesson
    from workbook.session import Room

Task = Callable[[Mapping[str, Any], int], None]
# Each test would pay for what a verdict does not show.
NOT_LOADED = ("doctest", "faulthandler", "junitxml", "legacypath", "pastebin", "stepwise")
NOT_HEARD = {"terminalreporter": "", "logging-plugin": "caplog"}  # by the fixture that needs it


def load(order: Mapping[str, Any], walls: Walls, then: Callable[[Task], None]) -> None:
    """Load all that a learner's code has no part in; call `then` with what is to do with it."""
    import pytest  # noqa: PLC0415 - in a worker of this role only

    from workbook import check, plugin  # noqa: PLC0415 - from the copy, there by now
    from workbook.curriculum import load_lesson  # noqa: PLC0415 - the same

    lesson = load_lesson(walls.app / "lessons" / order["lesson"])
    files, answer = walls.scratch / "files", walls.app / "verdict.json"
    answer.with_name("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    line = [*check.arguments(lesson, files, answer), "--workbook-json=", "--capture=no"]
    line += [
        f"--basetemp={walls.scratch / 'tmp' / 'tests'}",
        *(f"-pno:{name}" for name in NOT_LOADED),
    ]
    served = _Collected(walls, order["warm"], then)
    pytest.main(line, plugins=[plugin, served])
    if not served.done:  # the tests import what needs the learner's file: each process collects
        then(lambda _, out: _tell(_whole_run(lesson, walls), walls, out))


class _Collected:
    """Takes over where pytest has collected everything and run nothing."""

    def __init__(self, walls: Walls, warm: list[str], then: Callable[[Task], None]) -> None:
        self.walls = walls
        self.warm = warm
        self.then = then
        self.done = False

    def pytest_runtestloop(self, session: "pytest.Session") -> bool | None:
        """Let each learner's process run what is collected, instead of running it here."""
        from workbook import plugin  # noqa: PLC0415 - from the copy, there by now
        from workbook.lens.hooks import HOOKS  # noqa: PLC0415 - the same

        rooms = [room for room in session.config.stash[plugin.ROOMS].values() if room]
        if session.testsfailed or not rooms:
            return None
        _silence(session)
        HOOKS.join({})  # listeners are set once; a recorder only has to join them
        with rooms[0].world:  # to enter it is not for free: once, for all
            rooms[0].world.warm(self.warm)
            self.done = True
            self.then(lambda _, out: _tell(_run(session, rooms[0]), self.walls, out))
        return True


def _silence(session: "pytest.Session") -> None:
    asked_for = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for name, fixture in NOT_HEARD.items():
        if fixture not in asked_for:
            session.config.pluginmanager.unregister(name=name)


def _run(session: "pytest.Session", room: "Room") -> dict[str, Any]:
    following = [*session.items[1:], None]
    with contextlib.suppress(BaseException):  # an exit ends the tests, not the verdict
        for item, after in zip(session.items, following, strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
    if not room.results:
        return {"no verdict": "the tests were ended before the first one was"}
    return {"verdict": room.verdict().to_data()}


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
