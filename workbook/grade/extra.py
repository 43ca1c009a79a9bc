"""Hidden tests of an instructor's own: for each lesson at most one more probe. Runs none of them.

A file DIR/02_repository.py defines `observe(exercise, task, seed)`, as a lesson's probe.py does.
"""

import ast
from collections.abc import Sequence
from pathlib import Path

from workbook.curriculum import Lesson

LARGEST = 1 << 20


class ExtraTestsError(Exception):
    """A file of --extra-tests cannot be used; the message says what to do."""


def read(folder: Path, lessons: Sequence[Lesson]) -> dict[str, bytes]:
    """Return the text of each extra probe by the lesson it is for.

    Raises:
        ExtraTestsError: there is none, or one is no probe, or is for no lesson.
    """
    known = {lesson.slug for lesson in lessons}
    found = {path.stem: path for path in sorted(folder.glob("*.py"))}
    if not found:
        raise ExtraTestsError(f"{folder} holds no extra test: write {folder}/02_repository.py")
    if strange := sorted(set(found) - known):
        some = min(known)
        raise ExtraTestsError(
            f"{found[strange[0]]} is for no lesson: its name must be a lesson's, as {some}.py"
        )
    return {slug: _text(path) for slug, path in found.items()}


def _text(path: Path) -> bytes:
    try:
        text = path.read_bytes()
        tree = ast.parse(text, str(path))
    except OSError as error:
        raise ExtraTestsError(f"{path} cannot be read: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:
        raise ExtraTestsError(f"{path} is no Python: {error}") from None
    if len(text) > LARGEST:
        raise ExtraTestsError(f"{path} is larger than {LARGEST >> 20} MiB")
    if not any(isinstance(node, ast.FunctionDef) and node.name == "observe" for node in tree.body):
        raise ExtraTestsError(
            f"{path} has no function observe(exercise, task, seed); copy one from a probe.py"
        )
    return text
