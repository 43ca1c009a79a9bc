"""Running a lesson's tests in this process. Never writes to the lesson's folder."""

import contextlib
import gc
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.verdict import Verdict, from_data

# Each run would pay for what a verdict does not show.
NOT_LOADED = ("doctest", "faulthandler", "junitxml", "legacypath", "pastebin", "stepwise")


class CheckError(Exception):
    """The tests could not be run at all; the message is pytest's."""


def run(  # noqa: PLR0913 - each option has its name
    lesson: Lesson,
    files: Path | None = None,
    *,
    strict: bool = False,
    shuffle: int = 0,
    postgres: bool = False,
    limit_s: float = 0.0,
) -> Verdict:
    """Run the tests of a lesson on the files in `files` (default: the learner's).

    `strict` makes every warning an error, as for a reference solution. `shuffle` is the seed of
    another order of the tests; 0 keeps the order of the tasks. `postgres` runs them on a private
    PostgreSQL instead of SQLite files. A test that takes longer than `limit_s` is stopped and
    fails, and what comes after it is not checked; 0 means no limit.

    Raises:
        CheckError: pytest ended without a verdict.
    """
    with _no_collector():
        import pytest  # noqa: PLC0415 - a command that runs no test should not wait for it

        from workbook import plugin  # noqa: PLC0415 - the same

    out = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="workbook-", dir=fast_folder()) as scratch:
        answer = Path(scratch) / "verdict.json"
        answer.with_name("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            line = arguments(lesson, files or lesson.folder, answer)
            line += [f"--workbook-shuffle={shuffle}", f"--workbook-limit={limit_s}"]
            line += ["-W", "error"] if strict else []
            line += ["--postgres"] if postgres else []
            status = pytest.main(line, plugins=[plugin])
        if not answer.exists() or not (verdicts := json.loads(answer.read_text("utf-8"))):
            raise CheckError(f"pytest ended with status {int(status)}:\n{out.getvalue()[-2000:]}")
        return from_data(verdicts[0])


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """Import modules without looking for garbage: what they make stays."""
    was, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > modules:  # else there is nothing new but garbage
            gc.freeze()
        if was:
            gc.enable()


def fast_folder() -> str | None:
    """Return a folder in memory for the databases of the tests, where the system has one."""
    memory = "/dev/shm"  # noqa: S108 - only a folder of our own in it is used
    if os.environ.get("TMPDIR") or not os.access(memory, os.W_OK):
        return None
    enough = 64 * 1024 * 1024
    return memory if shutil.disk_usage(memory).free > enough else None


def arguments(lesson: Lesson, files: Path, answer: Path) -> list[str]:
    """Return pytest's command line for a lesson; the verdict goes to the file `answer`.

    The plugin itself is not in it: it is handed to pytest as a module.
    """
    return [
        str(lesson.folder / "test_exercise.py"),
        "-c",
        str(answer.with_name("pytest.ini")),  # what stands around the lesson does not matter here
        f"--rootdir={lesson.folder.parent}",
        f"--confcutdir={lesson.folder}",  # else pytest lists every folder above the lesson
        "--import-mode=importlib",
        "--strict-markers",
        "--disable-plugin-autoload",
        "-p",
        "no:cacheprovider",
        f"--workbook-json={answer}",
        f"--workbook-files={files}",
        f"--basetemp={answer.parent / 'tmp'}",
        *(f"-pno:{name}" for name in NOT_LOADED),
    ]
