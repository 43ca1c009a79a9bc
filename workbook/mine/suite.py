"""The end-to-end suite on spliced modules, in a process of its own.

As `python -m workbook.mine.suite` it reads from standard input which files take which place, and
answers with one line of JSON.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from workbook.apart import run_apart
from workbook.feedback import explain, place, show
from workbook.home import shipped
from workbook.world import World

LIMIT_S = 300.0
MARKERS = ("thorough: not here", "shows_n_plus_one(why): loads row by row on purpose")


@dataclass(frozen=True)
class Failure:
    """One test that failed. `place` is the learner's line, if one of theirs was running."""

    name: str
    cost: str
    message: str
    place: str


@dataclass(frozen=True)
class Answer:
    """What came of the suite. `problem` says why it did not get to its end."""

    passed: int = 0
    left_out: int = 0
    failures: Sequence[Failure] = ()
    problem: str = ""


def run_suite(files: Mapping[str, Path], limit_s: float = LIMIT_S) -> Answer:
    """Run the end-to-end tests of the application with these files in their modules' places."""
    order = {module: str(path) for module, path in files.items()}
    ended = run_apart(["workbook.mine.suite"], json.dumps(order), limit_s)
    if ended.status is None:
        return Answer(problem=f"stopped after {limit_s:.0f} seconds: something never ends")
    try:
        data = json.loads(ended.stdout)
    except ValueError:
        why = (ended.stderr.strip().splitlines() or [f"status {ended.status}"])[-1]
        return Answer(problem=f"the process ended before its tests did: {why}")
    return Answer(**data | {"failures": [Failure(**failure) for failure in data["failures"]]})


def tests() -> Path:
    """Return the folder of the end-to-end tests, in a clone or in the installed package."""
    return shipped().root / "tests" / "e2e"


class _Reporter:
    """Counts, and keeps what failed in a learner's words."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self.passed = 0
        self.left_out = 0
        self.failures: list[dict[str, str]] = []
        self.problem = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        for line in MARKERS:
            config.addinivalue_line("markers", line)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what needs a server, or starts a process that these files are unknown to."""
        kept = [item for item in items if not _needs_more(item)]
        self.left_out = len(items) - len(kept)
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if report.when == "call" and report.passed:
            self.passed += 1
        if call.excinfo is not None and report.failed:
            self._failed(item, call.excinfo.value)
        return report

    def _failed(self, item: pytest.Item, error: BaseException) -> None:
        function = getattr(item, "function", None)
        where = place(error, self.files)
        failure = Failure(
            item.name,
            (getattr(function, "__doc__", "") or "").strip().partition("\n")[0],
            explain(error, self.files)[1],
            f"{show(where)}, in {where.function}" if where else "",
        )
        self.failures.append(vars(failure))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.problem:
            self.problem = f"the application cannot be imported: {_reason(report.longreprtext)}"

    def answer(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "passed": self.passed,
            "left_out": self.left_out,
            "failures": self.failures,
            "problem": self.problem,
        }


def _needs_more(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return (
        "postgresql" in (call.params.values() if call else ())
        or bool({"served", "postgres_url"}.intersection(getattr(item, "fixturenames", ())))
        or item.get_closest_marker("thorough") is not None
    )


def _reason(text: str) -> str:
    """Return the last line of an error that pytest shows: it marks such lines with an E."""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return (lines or text.strip().splitlines() or ["no reason given"])[-1]


def _main() -> None:
    files = json.load(sys.stdin)
    reporter = _Reporter(files.values())
    world = World({module: Path(path) for module, path in files.items()})
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = _run(reporter, world)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not reporter.problem:
        reporter.problem = f"the application cannot be imported: {_reason(said.getvalue())}"
    json.dump(reporter.answer(), sys.stdout)


def _run(reporter: _Reporter, world: World) -> int:
    with TemporaryDirectory(prefix="workbook-") as scratch, world:
        ini = Path(scratch, "pytest.ini")
        ini.write_text("[pytest]\n", encoding="utf-8")
        return pytest.main(_arguments(ini), plugins=[reporter])


def _arguments(ini: Path) -> list[str]:
    return [
        str(tests()),
        "-c",
        str(ini),
        f"--rootdir={tests().parent}",
        f"--basetemp={ini.parent / 'tmp'}",
        "--import-mode=importlib",
        "--disable-plugin-autoload",
        "-p",
        "no:cacheprovider",
    ]


if __name__ == "__main__":
    _main()
