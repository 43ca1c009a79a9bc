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
class Progress:
    """The lesson at hand, the lessons that passed, and how many hints were opened for each task."""

    path: Path
    current: str = ""
    passed: list[str] = field(default_factory=list)
    hints: dict[str, int] = field(default_factory=dict)

    def save(self) -> None:
        """Write the state; a crash in the middle leaves the old file whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}.new")
        new.write_text(_HEAD + self._text(), encoding="utf-8")
        new.replace(self.path)

    def _text(self) -> str:
        passed = ", ".join(f'"{slug}"' for slug in sorted(set(self.passed)))
        hints = "".join(f'"{task}" = {level}\n' for task, level in sorted(self.hints.items()))
        return f'current = "{self.current}"\npassed = [{passed}]\n\n[hints]\n{hints}'


def load_progress(home: Home) -> Progress:
    """Read the state; a missing or damaged file is an empty state, and the file is kept aside."""
    path = home.state / "progress.toml"
    progress = Progress(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return progress
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return progress
    return _filled(progress, data)


def _filled(progress: Progress, data: dict[str, Any]) -> Progress:
    progress.current = str(data.get("current", ""))
    progress.passed = [str(slug) for slug in data.get("passed", [])]
    hints = data.get("hints", {})
    progress.hints = {str(task): int(level) for task, level in hints.items()}
    return progress
