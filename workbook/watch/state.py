"""What the watcher knows at a moment. Changed by the main thread alone; draws nothing."""

from dataclasses import dataclass, field
from pathlib import Path

from workbook.commands.shared import Desk
from workbook.curriculum import Lesson
from workbook.text import Part
from workbook.verdict import TaskResult, Verdict
from workbook.watch.views import View


@dataclass
class State:
    """The lesson at hand, its verdict, and what is shown of it.

    `failure` says why there is no verdict. `reference` is the verdict on the solution, when it was
    asked for. A `notice` goes with the next key, a `standing` one stays.
    """

    desk: Desk
    lesson: Lesson
    verdict: Verdict | None = None
    reference: Verdict | None = None
    failure: str = ""
    view: View | None = None
    top: int = 0
    status: Part = field(default_factory=lambda: Part(""))
    notice: str = ""
    standing: str = ""
    all_lessons: dict[str, str] = field(default_factory=dict)
    ended: bool = False

    @property
    def passed(self) -> bool:
        """Say whether the lesson at hand has passed."""
        return self.verdict is not None and self.verdict.passed

    @property
    def task(self) -> TaskResult | None:
        """Return the task to work on, if a verdict names one."""
        return self.verdict.current if self.verdict else None

    @property
    def files(self) -> list[Path]:
        """Return the learner's files of the lesson at hand."""
        return [self.lesson.folder / file.name for file in self.lesson.files]

    def show(self, view: View | None) -> None:
        """Show a view from its top; None is the verdict."""
        self.view, self.top = view, 0

    def say(self, text: str) -> None:
        """Show a line until the next key."""
        self.notice = text

    def scroll(self, by: int) -> None:
        """Move what is shown; the screen keeps it inside."""
        self.top = max(self.top + by, 0)

    def quit(self) -> None:
        """End after this event."""
        self.ended = True
