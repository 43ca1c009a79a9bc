"""What runs inside the page, under Pyodide: the tests of a lesson, and a film of one of them.

Answers with JSON; uses the same loader, plugin and verdict as the terminal.
"""

import json
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from workbook import plugin
from workbook.check import CheckError, arguments, run
from workbook.curriculum import Lesson, load_lesson
from workbook.lens.timeline import Film, lens
from workbook.plugin import room_of
from workbook.report import render

os.environ["WORKBOOK_COMMAND"] = "workbook"  # nobody types anything here
LESSONS = Path(__file__).resolve().parents[2] / "lessons"
MOST_FILMS = 3
CLOCKS = ("created_at", "updated_at")  # two columns that say nothing about the Session


def answer(order: str) -> str:
    """Return what came of one order: `run` or `film`, with a lesson and its files."""
    asked = json.loads(order)
    lesson = load_lesson(LESSONS / asked["lesson"])
    with tempfile.TemporaryDirectory(prefix="workbook-") as scratch:
        for name, text in asked["files"].items():
            Path(scratch, name).write_text(text, encoding="utf-8")
        try:
            reply = ORDERS[asked["kind"]](lesson, Path(scratch), asked)
        except CheckError as error:
            reply = {"error": str(error)}
    return json.dumps(reply, default=repr)


def _run(lesson: Lesson, files: Path, _asked: dict[str, Any]) -> dict[str, Any]:
    verdict = run(lesson, files)
    return {
        "verdict": verdict.to_data(),
        "cause": verdict.root_cause.name if verdict.root_cause else "",
        "current": verdict.current.label if verdict.current else "",
        "text": "\n".join(render(verdict)),
    }


def _film(lesson: Lesson, files: Path, asked: dict[str, Any]) -> dict[str, Any]:
    studio = Studio(asked["test"])
    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(StringIO()) as out:
        Path(scratch, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        line = arguments(lesson, files, Path(scratch, "verdict.json"))
        with redirect_stderr(out):
            pytest.main(line, plugins=[plugin, studio])
    return {"films": [film.html(script="none") for film in studio.best()]}


ORDERS = {"run": _run, "film": _film}


class Studio:
    """A pytest plugin: films every Session of one test. Never used for a verdict."""

    def __init__(self, test: str) -> None:
        self.test = test
        self.films: list[Film] = []
        self.closing = ExitStack()

    def best(self) -> list[Film]:
        """Return the films in which the learner's lines play; without any, the longest."""
        mine = [film for film in self.films if any(step.place for step in film.steps)]
        return mine[:MOST_FILMS] or sorted(self.films, key=lambda film: -len(film.steps))[:1]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the one test."""
        items[:] = [item for item in items if item.name == self.test]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Film from the first fixture on."""
        room = room_of(item.config, item.path)
        with self.filming(room.paths if room else frozenset()):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Stop when the test ends: what a fixture tears down is not the learner's doing."""
        try:
            return (yield)
        finally:
            self.closing.close()

    @contextmanager
    def filming(self, paths: frozenset[str]) -> Iterator[None]:
        """Start a film with each Session that is made in the block."""
        made = Session.__init__

        def make(session: Session, *values: Any, **options: Any) -> None:
            made(session, *values, **options)
            title = f"Session {len(self.films) + 1} of {self.test}"
            film = lens(session, hide=CLOCKS, title=title, user_code=paths.__contains__)
            self.films.append(self.closing.enter_context(film))

        Session.__init__ = make  # type: ignore[method-assign,assignment] # there is no event for it
        try:
            yield
        finally:
            Session.__init__ = made  # type: ignore[method-assign] # see above
            self.closing.close()
