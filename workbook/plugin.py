"""The pytest plugin: lessons run in their own world and answer like a tutor.

Never touches a test that belongs to no lesson. Works under plain `pytest lessons/02_repository`.
"""

import gc
import json
import os
import random
import sys
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from workbook.curriculum import CurriculumError, Lesson, load_lesson
from workbook.feedback import explain, place
from workbook.fixtures import *  # noqa: F403 - a plugin's fixtures are the names it defines
from workbook.home import Home
from workbook.limit import OutOfTime, at_most
from workbook.recognise import Evidence, recognise
from workbook.report import render
from workbook.session import Room
from workbook.verdict import TestResult

FILES = "--workbook-files"
JSON = "--workbook-json"
SHUFFLE = "--workbook-shuffle"
POSTGRES = "--postgres"
LIMIT = "--workbook-limit"
ROOMS = pytest.StashKey[dict[Path, Room | None]]()
RESULT = "workbook_result"
TESTS = "test_exercise.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for the tool itself; a learner needs none."""
    group = parser.getgroup("workbook")
    group.addoption(FILES, metavar="DIR", help="take the exercise files from DIR")
    group.addoption(SHUFFLE, metavar="SEED", type=int, default=0, help="run in another order")
    group.addoption(LIMIT, metavar="SECONDS", type=float, default=0.0, help="stop a longer test")
    group.addoption(JSON, metavar="FILE", help="write the verdicts as JSON to FILE")
    group.addoption(POSTGRES, action="store_true", help="run the lessons on PostgreSQL")


def pytest_configure(config: pytest.Config) -> None:
    """Declare what lesson tests are marked with."""
    config.stash[ROOMS] = {}
    config.addinivalue_line(
        "markers", "task(number): the task of the lesson that a test belongs to"
    )
    config.addinivalue_line("markers", "guard: a test that the starter passes already")


def room_of(config: pytest.Config, path: Path) -> Room | None:
    """Return the room of the lesson that a test file belongs to; None outside of lessons.

    Raises:
        pytest.UsageError: the lesson's lesson.toml cannot be used.
    """
    rooms = config.stash[ROOMS]
    folder = path.parent
    if folder not in rooms:
        rooms[folder] = None
        if path.name == TESTS and (folder / "lesson.toml").is_file():
            rooms[folder] = Room(_lesson(folder, config), _files(config, folder))
    return rooms[folder]


def _lesson(folder: Path, config: pytest.Config) -> Lesson:
    try:
        lesson = load_lesson(folder)
    except CurriculumError as error:
        raise pytest.UsageError(str(error)) from None
    if config.getoption(POSTGRES) and not lesson.postgres:
        raise pytest.UsageError(f"{lesson.slug} runs on SQLite only; leave out {POSTGRES}")
    return lesson


def _files(config: pytest.Config, folder: Path) -> Path:
    given = config.getoption(FILES)
    return Path(given).resolve() if given else folder


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Import the tests of a lesson inside its world."""
    room = (
        room_of(collector.config, collector.path) if isinstance(collector, pytest.Module) else None
    )
    if room is None:
        return (yield)
    with room.world:
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run guards first, then the tasks in their order; a learner's warnings are no errors."""
    rooms = {item: room_of(config, item.path) for item in items}
    for item, room in rooms.items():
        if room and not config.getoption(FILES):
            item.add_marker(pytest.mark.filterwarnings("default"))
    if seed := config.getoption(SHUFFLE):
        random.Random(seed).shuffle(items)  # noqa: S311 - an order, not a secret
    else:
        items.sort(key=lambda item: _position(item, rooms[item]))
    if items and all(rooms.values()):
        config.option.tbstyle = "no"  # our own summary says it better
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter.reportchars = ""  # type: ignore[union-attr] # pytest's own, always there


def _position(item: pytest.Item, room: Room | None) -> tuple[str, int]:
    return (room.lesson.slug, task_number(item)) if room else ("", 0)


def task_number(item: pytest.Item) -> int:
    """Return the task a test belongs to; 0 for a guard."""
    mark = item.get_closest_marker("task")
    return int(mark.args[0]) if mark else 0


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take what is loaded out of the garbage collector's way: it runs after each test."""
    if any(room_of(session.config, item.path) for item in session.items):
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a test of a lesson inside its world, and close what it left open."""
    room = room_of(item.config, item.path)
    if room is None:
        return (yield)
    with room.world, room.watched():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Do not check a task while one that it needs is red: one root cause, not ten."""
    room = room_of(item.config, item.path)
    if room is None:
        return (yield)
    if room.endless:
        pytest.skip(f"not checked yet: {room.endless} did not come to its end")
    if red := room.red_needs(task_number(item)):
        pytest.skip(f"not checked yet: {red} comes first")
    with at_most(item.config.getoption(LIMIT)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Record what is sent during the test itself, not what its fixtures send."""
    room = room_of(item.config, item.path)
    if room is None:
        return (yield)
    with room.recording(), at_most(item.config.getoption(LIMIT)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what came of a lesson's test to its report, in our words."""
    report = yield
    room = room_of(item.config, item.path)
    if room and (report.when == "call" or not report.passed):
        result = _result(item, call, report, room)
        room.results.append(result)
        setattr(report, RESULT, True)
        if report.failed:
            report.longrepr = result.message
    return report


def _result(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, room: Room
) -> TestResult:
    function = getattr(item, "function", None)
    make = partial(
        TestResult,
        name=item.name,
        task=task_number(item),
        cost=(getattr(function, "__doc__", "") or "").strip().partition("\n")[0],
        duration_s=round(call.duration, 4),
        observed=dict(room.observed),
        statements=room.data(),
        measured=[block.count() for block in room.blocks],
    )
    if call.excinfo is None or report.passed:
        return make(outcome="passed")
    if report.skipped:
        return make(outcome="blocked", message=str(call.excinfo.value))
    error = call.excinfo.value
    if isinstance(error, OutOfTime):
        room.endless = item.name
    reason, message = explain(error, room.paths)
    evidence = Evidence(
        getattr(item, "originalname", item.name),
        error,
        message,
        room.paths,
        room.log,
        room.observed,
    )
    candidates = [m for m in room.lesson.misconceptions if m.task == task_number(item)]
    return make(
        outcome="failed",
        message=message,
        reason=reason,
        place=place(error, room.paths),
        recognised=recognise(candidates, evidence) if reason in ("assertion", "error") else None,
    )


def rooms_with_results(config: pytest.Config) -> Sequence[Room]:
    """Return the rooms of all lessons that ran, in their order."""
    rooms = [room for room in config.stash[ROOMS].values() if room and room.results]
    return sorted(rooms, key=lambda room: room.lesson.slug)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show each lesson's verdict: root cause first, then what is still to do."""
    for room in rooms_with_results(config):
        terminalreporter.write_line("")
        width = terminalreporter._tw.fullwidth  # noqa: SLF001 - pytest has no public name for it
        compare = Home(room.lesson.folder.parents[1]).has_solutions
        for line in render(room.verdict(), width, compare=compare):
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the tests: run again in this process, they must meet the next world, not this one."""
    paths = {str(folder / TESTS) for folder, room in config.stash[ROOMS].items() if room}
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in paths:
            del sys.modules[name]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdicts where the tool asked for them."""
    path = session.config.getoption(JSON)
    if path:
        verdicts = [room.verdict().to_data() for room in rooms_with_results(session.config)]
        Path(path).write_text(json.dumps(verdicts, default=repr) + os.linesep, encoding="utf-8")
