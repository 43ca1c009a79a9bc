"""A lesson's tests, collected once before a learner's file is there, and run in forked processes.

The process that collects never runs a learner's code: while it does, the lesson's own modules
cannot be imported in it.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbook import check, plugin
from workbook.curriculum import Lesson
from workbook.lens.hooks import HOOKS
from workbook.session import Room
from workbook.verdict import Verdict

_NOT_HEARD = {"terminalreporter": "", "logging-plugin": "caplog"}  # by the fixture that needs it


@dataclass(frozen=True)
class Collected:
    """Tests that wait for a learner's file. Runs once: in a process that was forked for it."""

    session: pytest.Session
    room: Room

    def run(self) -> Verdict | None:
        """Return what came of the tests; None when they were ended before the first one was."""
        self.room.world.shut = False
        items = self.session.items
        with contextlib.suppress(BaseException):  # an exit ends the tests, not the verdict
            for item, after in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        return self.room.verdict() if self.room.results else None


def collect(  # noqa: PLR0913 - each option has its name
    lesson: Lesson,
    files: Path,
    then: Callable[[Collected], None],
    *,
    settings: Path,
    scratch: Path,
    limit_s: float = 0.0,
    warm: Sequence[str] = (),
) -> bool:
    """Collect the tests of a lesson, and call `then` with them; say whether it was called.

    The output of the process must lead nowhere. `then` is not called when the tests import what the
    learner writes, or cannot be collected at all: each process must collect for itself. `settings`
    is a folder for pytest's; each process that was forked in `then` writes to `scratch`. `warm` are
    modules of the app that may be imported now.
    """
    settings.joinpath("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    line = [*check.arguments(lesson, files, settings / "verdict.json"), "--capture=no"]
    line += [f"--basetemp={scratch}", f"--workbook-limit={limit_s}", "--workbook-json="]
    waiting = _Waiting(then, warm)
    pytest.main(line, plugins=[plugin, waiting])
    return waiting.done


class _Waiting:
    """Takes over where pytest has collected everything and run nothing."""

    def __init__(self, then: Callable[[Collected], None], warm: Sequence[str]) -> None:
        self._then = then
        self._warm = warm
        self.done = False

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Keep the learner's modules out while the tests are imported."""
        room = plugin.room_of(collector.config, collector.path)
        if room:
            room.world.shut = True

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Let each forked process run what is collected, instead of running it here."""
        rooms = [room for room in session.config.stash[plugin.ROOMS].values() if room]
        if session.testsfailed or not rooms:
            return None
        _silence(session)
        HOOKS.join({})  # listeners are set once; a recorder only has to join them
        with rooms[0].world as world:  # to enter it is not for free: once, for all
            world.warm(self._warm)
            self.done = True
            self._then(Collected(session, rooms[0]))
        return True


def _silence(session: pytest.Session) -> None:
    asked_for = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    for name, fixture in _NOT_HEARD.items():
        if fixture not in asked_for:
            session.config.pluginmanager.unregister(name=name)
