"""One lesson while its tests run: its world, what was recorded, what came of each test."""

import contextlib
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from workbook.curriculum import Hole, Lesson, Task
from workbook.lens.entries import Entry
from workbook.lens.recorder import Recorder
from workbook.source import SymbolNotFoundError, find, is_as_given, parsed
from workbook.verdict import Place, TaskResult, TestResult, Verdict
from workbook.world import World


class Room:
    """Where one lesson is run. `files` is the folder with the learner's files."""

    def __init__(self, lesson: Lesson, files: Path) -> None:
        self.lesson = lesson
        self.folder = files
        self.world = World({self.module(f.name): files / f.name for f in lesson.files})
        self.paths = frozenset(str(files / file.name) for file in lesson.files)
        self.results: list[TestResult] = []
        self.observed: dict[str, Any] = {}
        self.empty_database = b""  # made by the first test that needs one, copied by the others
        self.endless = ""  # the test that took too long: nothing is run after it
        self.recorder: Recorder | None = None
        self.blocks: list[Recorder] = []

    def module(self, name: str) -> str:
        """Return the dotted name under which a file of the lesson is imported."""
        file = next(file for file in self.lesson.files if file.name == name)
        return file.module or f"lesson_{self.lesson.slug}_{name.removesuffix('.py')}"

    def learners(self, name: str) -> ModuleType:
        """Import a file of the lesson by its name; whatever its code raises comes out."""
        return self.world.load(self.module(name))

    @property
    def log(self) -> list[Entry]:
        """What the last test sent, in order."""
        return list(self.recorder.log) if self.recorder else []

    def data(self) -> list[dict[str, Any]]:
        """Return what the last test looked at, or what the learner's lines sent, for JSON."""
        looked_at = [entry for block in self.blocks for entry in block.to_data()]
        sent = self.recorder.to_data() if self.recorder and not looked_at else []
        return looked_at or [entry for entry in sent if entry["frames"]]

    def recorder_of_a_block(self, lines: Callable[[str], bool] | None = None) -> Recorder:
        """Return a recorder for one block of the test; `lines` says whose lines it names."""
        self.blocks.append(Recorder(user_code=lines or self.paths.__contains__))
        return self.blocks[-1]

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record every statement of the block, with the learner's lines."""
        with Recorder(user_code=self.paths.__contains__) as self.recorder:
            yield

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Forget the test before; afterwards close every connection that was left open.

        A learner's leak must fail its own task, and never show up as a warning somewhere else.
        """
        self.observed.clear()
        self.recorder = None
        self.blocks = []
        opened: list[Any] = []

        def remember(connection: Any, _record: Any) -> None:
            opened.append(connection)

        event.listen(Pool, "connect", remember)
        try:
            yield
        finally:
            event.remove(Pool, "connect", remember)
            gc.collect()
            for connection in opened:
                with contextlib.suppress(Exception):  # closed already, or busy in another thread
                    connection.close()
            gc.freeze()  # the app's modules are loaded now: the next test need not walk them

    def red_needs(self, number: int) -> str:
        """Return the label of the first task that this one needs and that failed, or nothing."""
        if number == 0:
            return ""
        needs = self._all_needs(self.lesson.task(number))
        red = {r.task for r in self.results if r.outcome == "failed" and r.task in needs}
        return self.lesson.label(min(red)) if red else ""

    def _all_needs(self, task: Task) -> set[int]:
        found = set(task.needs)
        for number in task.needs:
            found |= self._all_needs(self.lesson.task(number))
        return found

    def verdict(self) -> Verdict:
        """Return what came of the lesson."""
        return Verdict(
            lesson=self.lesson.slug,
            title=self.lesson.title,
            tasks=[self._task(task) for task in self.lesson.tasks],
            guards=[result for result in self.results if result.task == 0],
            duration_s=round(sum(result.duration_s for result in self.results), 3),
            question=self.lesson.explain,
            budget=dict(self.lesson.statements),
        )

    def _task(self, task: Task) -> TaskResult:
        return TaskResult(
            number=task.number,
            label=self.lesson.label(task.number),
            name=task.name,
            todo=task.todo,
            place=self._place(task),
            untouched=bool(task.holes) and all(self._is_as_given(task, h) for h in task.holes),
            needs=task.needs,
            tests=[result for result in self.results if result.task == task.number],
        )

    def _is_as_given(self, task: Task, hole: Hole) -> bool:
        holes = [h.symbol for t in self.lesson.tasks for h in t.holes if h.file == hole.file]
        label = self.lesson.label(task.number)
        try:
            return is_as_given(self._text(hole), hole.symbol, hole.given, label, holes)
        except (SyntaxError, SymbolNotFoundError):
            return False

    def _place(self, task: Task) -> Place | None:
        """Find the first hole of a task that is as it was given, else the first one."""
        if not task.holes:
            return None
        hole = next((h for h in task.holes if self._is_as_given(task, h)), task.holes[0])
        path = str(self.folder / hole.file)
        text = self._text(hole)
        todo = f"TODO {self.lesson.label(task.number)}:"
        for number, line in enumerate(text.splitlines(), 1):
            if todo in line:
                return Place(path, number)
        with contextlib.suppress(SyntaxError, SymbolNotFoundError):
            return Place(path, find(parsed(text), hole.symbol).lineno)
        return Place(path, 1)

    def _text(self, hole: Hole) -> str:
        try:
            return (self.folder / hole.file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
