"""Our grader beside nbgrader, otter-grader and one pytest process for each submission.

Every grader runs the same five checks on the same submissions, three right ones to one wrong one.
Wall time depends on what else the machine does, so the ratios are of CPU time, of one run.

    python -m bench.grading [--peers PYTHON] [--submissions 20]

`--peers` is the Python of an environment with nbgrader, otter-grader, ipykernel and SQLAlchemy:
they bring a hundred packages, so they have one of their own. Without it, only pytest is compared.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.five_checks import CHECKS, HOME, LESSON, RIGHT, cohort, plain_tests, texts
from bench.other_graders import Nbgrader, Otter
from bench.results import write_section
from workbook.grade import tiers
from workbook.grade.grading import Grading
from workbook.grade.pair import Options
from workbook.grade.store import FILE, Store
from workbook.grade.workers import Limits


@dataclass(frozen=True)
class Cost:
    """What one way cost for all submissions, in seconds."""

    name: str
    count: int
    wall_s: float
    cpu_s: float
    right: int

    @property
    def cpu_ms(self) -> float:
        """CPU time of one submission."""
        return 1000 * self.cpu_s / self.count


def measured(name: str, count: int, work: Callable[[], int]) -> Cost:
    """Run a way of grading; `work` returns how many submissions got full marks."""
    before, started = _cpu(), time.monotonic()
    right = work()
    return Cost(name, count, time.monotonic() - started, _cpu() - before, right)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def ours(folder: Path, tier: str, count: int) -> int:
    """Grade with this package, from nothing: start, reference, both runs, store."""
    store = Store(folder / FILE)
    Grading(HOME, store, Options(tier, 1, Limits())).grade(cohort(count), [LESSON])
    right = sum(entry.verdict == "ok" for entry in store.entries())
    store.close()
    return right


def plain_pytest(folder: Path, count: int) -> int:
    """Run one pytest process for each submission, without any walls."""
    right = 0
    for number, text in enumerate(texts(count)):
        own = folder / str(number)
        own.mkdir(parents=True)
        (own / "exercise.py").write_text(text, encoding="utf-8")
        (own / "test_checks.py").write_text(plain_tests(), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", own, own],
            cwd=own,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            check=False,
        )
        right += done.returncode == 0
    return right


def direct(folder: Path, count: int) -> int:
    """Fork a warm process for each submission; call its checks and its probe, and nothing else.

    This is the real work: no walls, no pytest, no verdict, no store.
    """
    program = Path(__file__).with_name("five_checks") / "direct.py"
    folder.mkdir(parents=True)
    for number, text in enumerate(texts(count)):
        (folder / f"{number}.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bench.five_checks.direct", folder],
        cwd=program.parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def nbgrader(grader: Nbgrader) -> int:
    """Grade what is handed in, with one command."""
    grader.grade()
    return sum(score == len(CHECKS) for score in grader.scores().values())


def otter(grader: Otter, count: int) -> int:
    """Grade what is handed in, one after the other."""
    for number in range(count):
        grader.grade(str(number))
    return sum(grader.score(str(number)) >= len(CHECKS) for number in range(count))


def costs(count: int, peers: str | None, tier: str) -> list[Cost]:
    """Measure every way, each in a folder of its own; ours with ten times as many comes first."""
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as name:
        root, many = Path(name), 10 * count
        title = f"workbook grade, {tier}"
        found = [
            measured(title, many, partial(ours, root / "many", tier, many)),
            measured(title, count, partial(ours, root / "ours", tier, count)),
            measured("fork and call, no walls", many, partial(direct, root / "direct", many)),
            measured("pytest, a process each", count, partial(plain_pytest, root / "py", count)),
        ]
        if peers:
            found += _of_peers(root, peers, count)
        return found


def _of_peers(root: Path, peers: str, count: int) -> list[Cost]:
    handed_in = {str(number): text for number, text in enumerate(texts(count))}
    folders = [root / name for name in ("nbgrader", "otter")]
    for folder in folders:
        folder.mkdir()
    one = Nbgrader(peers, folders[0], CHECKS, RIGHT)
    one.hand_in(handed_in)
    two = Otter(peers, folders[1], CHECKS)
    two.hand_in(handed_in)
    return [
        measured("nbgrader autograde", count, partial(nbgrader, one)),
        measured("otter run", count, partial(otter, two, count)),
    ]


def table(found: list[Cost]) -> str:
    """Return the table for RESULTS.md."""
    lines = [
        "Five checks on in-memory SQLite; three right submissions to one wrong one; one job.",
        "Ours runs each twice (its tests, and hidden data beside the reference) behind walls, and",
        "stores the result; the others run tests once, without walls. Its start is spread over all",
        "submissions of a run: the two lines show what that means. `Fork and call` is the real",
        "work: tests and probe called in a fork of a warm process, and nothing around them.",
        "",
        "| grader | submissions | right | CPU ms each | wall ms each | CPU, ours = 1 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for cost in found:
        wall = 1000 * cost.wall_s / cost.count
        lines.append(
            f"| {cost.name} | {cost.count} | {cost.right} | {cost.cpu_ms:.0f} | {wall:.0f} "
            f"| {cost.cpu_ms / found[0].cpu_ms:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", help="the Python of nbgrader and otter-grader")
    parser.add_argument("--submissions", type=int, default=20)
    chosen = parser.parse_args()
    tier = tiers.best().tier
    text = f"## Grading\n\n{table(costs(chosen.submissions, chosen.peers, tier))}"
    sys.stdout.write(f"{text}\n")
    write_section("grading", text)


if __name__ == "__main__":
    main()
