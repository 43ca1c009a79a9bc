"""Running a lesson's tests in this process. Never writes to the lesson's folder."""

import contextlib
import io
import json
import tempfile
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.verdict import Verdict, from_data


class CheckError(Exception):
    """The tests could not be run at all; the message is pytest's."""


def run(
    lesson: Lesson,
    files: Path | None = None,
    *,
    strict: bool = False,
    shuffle: int = 0,
    postgres: bool = False,
) -> Verdict:
    """Run the tests of a lesson on the files in `files` (default: the learner's).

    `strict` makes every warning an error, as for a reference solution. `shuffle` is the seed of
    another order of the tests; 0 keeps the order of the tasks. `postgres` runs them on a private
    PostgreSQL instead of SQLite files.

    Raises:
        CheckError: pytest ended without a verdict.
    """
    import pytest  # noqa: PLC0415 - a command that runs no test should not wait for it

    out = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="workbook-") as scratch:
        answer = Path(scratch) / "verdict.json"
        answer.with_name("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            arguments = _arguments(lesson, files or lesson.folder, answer, shuffle)
            arguments += ["-W", "error"] if strict else []
            arguments += ["--postgres"] if postgres else []
            status = pytest.main(arguments)
        if not answer.exists() or not (verdicts := json.loads(answer.read_text("utf-8"))):
            raise CheckError(f"pytest ended with status {int(status)}:\n{out.getvalue()[-2000:]}")
        return from_data(verdicts[0])


def _arguments(lesson: Lesson, files: Path, answer: Path, shuffle: int) -> list[str]:
    return [
        str(lesson.folder / "test_exercise.py"),
        "-c",
        str(answer.with_name("pytest.ini")),  # what stands around the lesson does not matter here
        f"--rootdir={lesson.folder.parent}",
        "--import-mode=importlib",
        "--strict-markers",
        "--disable-plugin-autoload",
        "-p",
        "no:cacheprovider",
        "-p",
        "workbook.plugin",
        f"--workbook-json={answer}",
        f"--workbook-files={files}",
        f"--workbook-shuffle={shuffle}",
        f"--basetemp={answer.parent / 'tmp'}",
    ]
