"""Opening a file in the learner's editor. Says what is missing instead of guessing."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_WITH_PLUS = {"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "mg"}
_WITH_GOTO = {"code", "codium", "code-insiders", "cursor", "windsurf"}
MISSING = "no editor is known: set VISUAL or EDITOR, for example: export EDITOR=nano"


class EditorError(Exception):
    """The editor could not be started; the message names the remedy."""


def command_line(path: Path, line: int, environment: Mapping[str, str]) -> list[str]:
    """Return the command that opens a file at a line.

    Raises:
        EditorError: there is no editor.
    """
    try:
        words = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
    except ValueError as error:
        raise EditorError(f"EDITOR cannot be read ({error}): set it to a command") from None
    if not words and environment.get("TERM_PROGRAM") == "vscode" and shutil.which("code"):
        words = ["code"]
    if not words:
        raise EditorError(MISSING)
    name = Path(words[0]).stem
    if name in _WITH_GOTO:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, *([f"+{line}"] if name in _WITH_PLUS else []), str(path)]


def open_editor(path: Path, line: int) -> None:
    """Open the file and wait for the editor; one with a window of its own returns at once.

    Raises:
        EditorError: there is no editor, or it cannot be started.
    """
    words = command_line(path, line, os.environ)
    try:
        status = subprocess.call(words)  # noqa: S603 - it is the learner's own setting
    except OSError as error:
        raise EditorError(f"{words[0]}: {error.strerror}; change VISUAL or EDITOR") from None
    if status:
        raise EditorError(f"{words[0]} ended with status {status}")
