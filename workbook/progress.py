"""Where a learner stands, in a text file a person can read and copy. Never a measure of anybody."""

import contextlib
import os
import tomllib
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
    """The lesson at hand, the lessons that passed, and how many hints were opened for each task."""

    path: Path
    current: str = ""
    passed: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)
    quiz: QuizState = field(default_factory=QuizState)

    def save(self) -> None:
        """Write the state; a crash in the middle leaves the old file whole.

        A quiz may run in another terminal: its part stays as it is in the file.
        """
        self.quiz = _load(self.path).quiz
        self._write()

    def save_quiz(self) -> None:
        """Write the part of the quiz, and leave the rest as it is in the file."""
        stored = _load(self.path)
        stored.quiz = self.quiz
        stored._write()  # noqa: SLF001 - another Progress

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}.new")
        new.write_text(_HEAD + self._text(), encoding="utf-8")
        new.replace(self.path)

    def _text(self) -> str:
        passed = ", ".join(f'"{slug}"' for slug in sorted(set(self.passed)))
        hints = "".join(f'"{task}" = {level}\n' for task, level in sorted(self.hints.items()))
        return f'current = "{self.current}"\npassed = [{passed}]\n\n[hints]\n{hints}{self._quiz()}'

    def _quiz(self) -> str:
        if self.quiz == QuizState():
            return ""
        right = "".join(f'\n    "{key}",' for key in sorted(set(self.quiz.right)))
        again = "".join(f'"{key}" = {n}\n' for key, n in sorted(self.quiz.again.items()))
        recalled = "".join(f'"{key}" = {n}\n' for key, n in sorted(self.quiz.recalled.items()))
        return (
            f"\n[quiz]\nsessions = {self.quiz.sessions}\nright = [{right}\n]\n"
            f"\n[quiz.again]  # what was wrong, and the quiz in which it comes back\n{again}"
            f"\n[quiz.recalled]  # how many of the three key points you named\n{recalled}"
        )


def load_progress(home: Home) -> Progress:
    """Read the state; a missing or damaged file is an empty state, and the file is kept aside."""
    return _load(home.state / "progress.toml")


def _load(path: Path) -> Progress:
    progress = Progress(path)
    try:
        return _filled(Progress(path), tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return progress
    except (OSError, ValueError, TypeError, AttributeError):  # no TOML, or other types than ours
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return progress


def _filled(progress: Progress, data: dict[str, Any]) -> Progress:
    progress.current = str(data.get("current", ""))
    progress.passed = [str(slug) for slug in data.get("passed", [])]
    hints = data.get("hints", {})
    progress.hints = {str(task): int(level) for task, level in hints.items()}
    quiz = data.get("quiz", {})
    progress.quiz = QuizState(
        sessions=int(quiz.get("sessions", 0)),
        right=[str(key) for key in quiz.get("right", [])],
        again={str(key): int(n) for key, n in quiz.get("again", {}).items()},
        recalled={str(key): int(n) for key, n in quiz.get("recalled", {}).items()},
    )
    return progress
