"""Where a learner stands, in a text file a person can read and copy. Never a measure of anybody."""

import contextlib
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.home import Home

_HEAD = """\
# Where you are in the workbook. You may copy this file to another machine.
"""


@dataclass
class QuizState:
    """How many quizzes there were, what was right, what comes back in which one, what was recalled.

    A question that was skipped is not in here: it is asked again, and held against nobody.
    """

    sessions: int = 0
    right: list[str] = field(default_factory=list)
    again: dict[str, int] = field(default_factory=dict)
    recalled: dict[str, int] = field(default_factory=dict)


@dataclass
class Progress:
    """The lesson at hand, what has passed, and what was opened.

    `green` holds the tasks of a lesson that were green once since its starter, `predicted` what was
    answered when it opened ("" when it was skipped), `hints` how many were opened for a task.
    """

    path: Path
    current: str = ""
    passed: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)
    green: dict[str, list[int]] = field(default_factory=dict)
    predicted: dict[str, str] = field(default_factory=dict)
    quiz: QuizState = field(default_factory=QuizState)

    def update(self, change: Callable[["Progress"], None]) -> None:
        """Make a change to the file as it is now; this copy becomes what the file says.

        Two programs that change it at the same time lose nothing of each other.

        Raises:
            OSError: the file cannot be written; it is as it was.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path.with_name("lock")):
            fresh = _read(self.path)
            change(fresh)
            fresh.save()
        vars(self).update(vars(fresh))

    def set_passed(self, lesson: str, *, passed: bool) -> None:
        """Note that a lesson has passed, or that it does not pass any more."""
        others = set(self.passed) - {lesson}
        self.passed = sorted(others | {lesson} if passed else others)

    def save_quiz(self) -> None:
        """Write the part of the quiz, and leave the rest as it is in the file.

        Raises:
            OSError: the file cannot be written; it is as it was.
        """
        quiz = self.quiz
        self.update(lambda fresh: setattr(fresh, "quiz", quiz))

    def save(self) -> None:
        """Write the state; a crash in the middle leaves the old file whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}.new")
        try:
            new.write_text(_HEAD + self._text(), encoding="utf-8")
            new.replace(self.path)
        except OSError:
            new.unlink(missing_ok=True)
            raise

    def _text(self) -> str:
        passed = ", ".join(_quoted(slug) for slug in sorted(set(self.passed)))
        text = f"current = {_quoted(self.current)}\npassed = [{passed}]\n"
        for name in ("hints", "green", "predicted"):
            table: dict[str, Any] = getattr(self, name)
            rows = [f"{_quoted(key)} = {_value(value)}\n" for key, value in sorted(table.items())]
            text += f"\n[{name}]\n{''.join(rows)}"
        return text + self._quiz()

    def _quiz(self) -> str:
        if self.quiz == QuizState():
            return ""
        right = "".join(f"\n    {_quoted(key)}," for key in sorted(set(self.quiz.right)))
        again = "".join(f"{_quoted(key)} = {n}\n" for key, n in sorted(self.quiz.again.items()))
        named = sorted(self.quiz.recalled.items())
        recalled = "".join(f"{_quoted(key)} = {n}\n" for key, n in named)
        return (
            f"\n[quiz]\nsessions = {self.quiz.sessions}\nright = [{right}\n]\n"
            f"\n[quiz.again]  # what was wrong, and the quiz in which it comes back\n{again}"
            f"\n[quiz.recalled]  # how many of the three key points you named\n{recalled}"
        )


def _value(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Return a TOML string on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def load_progress(home: Home) -> Progress:
    """Read the state; a missing or damaged file is an empty state, and the file is kept aside."""
    return _read(home.state / "progress.toml")


def _read(path: Path) -> Progress:
    try:
        return _filled(Progress(path), tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Progress(path)
    except (OSError, ValueError, TypeError, AttributeError):
        with contextlib.suppress(OSError):
            path.replace(_free_name(path.with_suffix(".damaged")))
        return Progress(path)


def _free_name(path: Path) -> Path:
    number = 2
    free = path
    while free.exists():
        free, number = path.with_name(f"{path.name}-{number}"), number + 1
    return free


def _filled(progress: Progress, data: dict[str, Any]) -> Progress:
    progress.current = str(data.get("current", ""))
    progress.passed = [str(slug) for slug in data.get("passed", [])]
    progress.hints = {str(task): int(level) for task, level in data.get("hints", {}).items()}
    green = data.get("green", {})
    progress.green = {str(slug): [int(n) for n in tasks] for slug, tasks in green.items()}
    progress.predicted = {str(k): str(v) for k, v in data.get("predicted", {}).items()}
    quiz = data.get("quiz", {})
    progress.quiz = QuizState(
        sessions=int(quiz.get("sessions", 0)),
        right=[str(key) for key in quiz.get("right", [])],
        again={str(key): int(n) for key, n in quiz.get("again", {}).items()},
        recalled={str(key): int(n) for key, n in quiz.get("recalled", {}).items()},
    )
    return progress


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Be the only one who changes the state; where the system has no such lock, go on without."""
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        yield
        return
    with path.open("a") as file:
        with contextlib.suppress(OSError):  # a network drive may not know locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
