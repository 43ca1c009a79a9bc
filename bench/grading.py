"""Our grader beside nbgrader, otter-grader and one pytest process for each submission.

Every grader runs the same five checks on the same submissions, three right ones to one wrong one.
Wall time depends on what else the machine does, so the ratios are of CPU time, of one run.

    python -m bench.grading [--peers PYTHON] [--submissions 20]

`--peers` is the Python of an environment with nbgrader, otter-grader, ipykernel and SQLAlchemy:
they bring a hundred packages, so they have one of their own. Without it, only pytest is compared.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.results import write_section
from workbook.curriculum import load_lessons
from workbook.grade import tiers
from workbook.grade.grading import Grading, Options
from workbook.grade.store import FILE, Store
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.grade.workers import Limits
from workbook.home import Home

HOME = Home(Path(__file__).with_name("five_checks"))
(LESSON,) = load_lessons(HOME.lessons)
RIGHT = (HOME.solutions / LESSON.slug / "exercise.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace(".order_by(CaseRecord.id)", ".order_by(CaseRecord.title.desc())")
TESTS = (LESSON.folder / "test_exercise.py").read_text(encoding="utf-8")
CHECKS = ("add", "title_of", "titles", "rename", "count")
PLAIN = TESTS.replace("(exercise):", "():").replace("@pytest.mark.task(", "# task ")
PLAIN = PLAIN.replace("def stored():", "def stored(exercise):").replace(
    "import pytest\n", "import exercise\n"
)


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


def texts(count: int) -> list[str]:
    """Return submissions; no two are the same, so that none is graded for another."""
    return [f"{WRONG if n % 4 == 3 else RIGHT}# submission {n}\n" for n in range(count)]


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
    learners = tuple(Learner(f"learner-{number}") for number in range(count))
    handed_in = tuple(
        Submission(who.key, LESSON.slug, {"exercise.py": text.encode()})
        for who, text in zip(learners, texts(count), strict=True)
    )
    store = Store(folder / FILE)
    grading = Grading(HOME, store, Options(tier, 1, Limits()))
    grading.grade(Cohort(learners, handed_in), [LESSON])
    right = sum(entry.verdict == "ok" for entry in store.entries())
    store.close()
    return right


def plain_pytest(folder: Path, count: int) -> int:
    """Run one pytest process for each submission, without any walls."""
    right = 0
    for number, text in enumerate(texts(count)):
        own = folder / str(number)
        own.mkdir()
        (own / "exercise.py").write_text(text, encoding="utf-8")
        (own / "test_checks.py").write_text(PLAIN, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", own, own],
            cwd=own,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            check=False,
        )
        right += done.returncode == 0
    return right


def cells() -> list[tuple[str, str]]:
    """Return each check as the code of a notebook cell, by its name."""
    helpers, *tests = TESTS.split("@pytest.mark.task(")
    helpers = helpers.replace("import pytest\n", "")
    shared = f"import types\nexercise = types.SimpleNamespace(**globals())\n{helpers}"
    found = []
    for name, test in zip(CHECKS, tests, strict=True):
        body = test.partition("(exercise):\n")[2]
        found.append((name, f"{shared}\n{textwrap.dedent(body)}"))
    return found


NOTEBOOKS = """
import json, sys
from nbformat.v4 import new_code_cell, new_notebook
from nbformat import write
order = json.load(sys.stdin)
for path, code in order["notebooks"]:
    cells = [new_code_cell(code)]
    if order["locked"]:
        for name, check in order["checks"]:
            meta = {"grade": True, "grade_id": name, "locked": True, "points": 1,
                    "schema_version": 3, "solution": False, "task": False, "cell_type": "code"}
            cells.append(new_code_cell(check, metadata={"nbgrader": meta}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path, version=4)
"""


def notebooks(peers: str, codes: dict[Path, str], *, locked: bool) -> None:
    """Write notebooks with the Python of the peers; `locked` adds the checks as graded cells."""
    for path in codes:
        path.parent.mkdir(parents=True, exist_ok=True)
    order = {
        "notebooks": [[str(path), code] for path, code in codes.items()],
        "locked": locked,
        "checks": cells(),
    }
    subprocess.run(
        [peers, "-c", NOTEBOOKS], input=json.dumps(order), text=True, check=True, timeout=300
    )


def prepare_nbgrader(folder: Path, peers: str, count: int) -> None:
    """Make a course with one assignment, released, and what was handed in."""
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\n"
        "c.ClearSolutions.enforce_metadata = False\n",
        encoding="utf-8",
    )
    notebooks(peers, {folder / "source/ps1/ps1.ipynb": RIGHT}, locked=True)
    handed_in = {
        folder / f"submitted/learner{number}/ps1/ps1.ipynb": text
        for number, text in enumerate(texts(count))
    }
    notebooks(peers, handed_in, locked=True)
    command(peers, "nbgrader", "generate_assignment", "ps1", cwd=folder)


def nbgrader(folder: Path, peers: str, count: int) -> int:
    """Run `nbgrader autograde` once for all; it has no parallel mode."""
    command(peers, "nbgrader", "autograde", "ps1", cwd=folder)
    command(peers, "nbgrader", "export", cwd=folder)
    rows = (folder / "grades.csv").read_text(encoding="utf-8").splitlines()
    head = rows[0].split(",")
    scores = [dict(zip(head, row.split(","), strict=False)) for row in rows[1:]]
    return sum(float(row.get("score") or 0) == len(CHECKS) for row in scores[-count:])


def prepare_otter(folder: Path, peers: str, count: int) -> None:
    """Make an autograder, and what was handed in."""
    for name, code in cells():
        lines = [line for line in code.splitlines() if line.strip()]
        source = "\n".join([">>> exec(" + repr("\n".join(lines)) + ", globals())"])
        test = {
            "name": name,
            "points": 1,
            "suites": [
                {
                    "cases": [{"code": source, "hidden": False, "locked": False}],
                    "scored": True,
                    "setup": "",
                    "teardown": "",
                    "type": "doctest",
                }
            ],
        }
        path = folder / "tests" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"OK_FORMAT = True\ntest = {test!r}\n", encoding="utf-8")
    calls = "\n".join(f"grader.check({name!r})" for name in CHECKS)
    start = "import otter\ngrader = otter.Notebook()\n"
    handed_in = {
        folder / f"submitted/{n}.ipynb": f"{text}\n{start}{calls}"
        for n, text in enumerate(texts(count))
    }
    notebooks(peers, handed_in, locked=False)
    command(peers, "otter", "generate", "-t", "tests", "--no-requirements", cwd=folder)


def otter(folder: Path, peers: str, count: int) -> int:
    """Run `otter run` for each submission: without Docker, as it is run on one machine."""
    archive = next(folder.glob("autograder*.zip"))
    right = 0
    for number in range(count):
        out = folder / f"out-{number}"
        out.mkdir()
        notebook = folder / f"submitted/{number}.ipynb"
        command(peers, "otter", "run", "-a", archive, "-o", out, notebook, cwd=folder)
        results = json.loads((out / "results.json").read_text(encoding="utf-8"))
        earned = sum(test.get("score") or 0 for test in results["tests"])
        right += earned >= len(CHECKS)
    return right


def command(peers: str, *words: object, cwd: Path) -> None:
    """Run a program of the peers' environment."""
    program = str(Path(peers).with_name(str(words[0])))
    path = f"{Path(peers).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program, *map(str, words[1:])],
        cwd=cwd,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    if done.returncode:
        raise SystemExit(f"{words[0]} failed:\n{done.stderr[-2000:]}")


def costs(count: int, peers: str | None, tier: str) -> list[Cost]:
    """Measure every way, each in a folder of its own."""
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as name:
        root = Path(name)
        for size in (count, 10 * count):
            folder = root / f"ours-{size}"
            found.append(
                measured(f"workbook grade, {tier}", size, lambda f=folder, n=size: ours(f, tier, n))
            )
        (root / "pytest").mkdir()
        found.append(
            measured("pytest, a process each", count, lambda: plain_pytest(root / "pytest", count))
        )
        if peers:
            for title, prepare, run in (
                ("nbgrader autograde", prepare_nbgrader, nbgrader),
                ("otter run", prepare_otter, otter),
            ):
                folder = root / title.split()[0]
                folder.mkdir()
                prepare(folder, peers, count)
                found.append(measured(title, count, lambda f=folder, r=run: r(f, peers, count)))
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
    return found


def table(found: list[Cost]) -> str:
    """Return the section for RESULTS.md."""
    best = found[1].cpu_ms
    lines = [
        "## Grading",
        "",
        "Five checks on in-memory SQLite; three right submissions to one wrong one; one job.",
        "Ours grades each twice (its tests, and hidden data beside the reference) behind walls;",
        "the others run tests once, without walls. The second line of ours shows what one more",
        "submission costs when the start is spread over many.",
        "",
        "| grader | submissions | right | CPU ms each | wall ms each | CPU, ours = 1 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for cost in found:
        wall = 1000 * cost.wall_s / cost.count
        lines.append(
            f"| {cost.name} | {cost.count} | {cost.right} | {cost.cpu_ms:.0f} | {wall:.0f} "
            f"| {cost.cpu_ms / best:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", help="the Python of nbgrader and otter-grader")
    parser.add_argument("--submissions", type=int, default=20)
    chosen = parser.parse_args()
    text = table(costs(chosen.submissions, chosen.peers, tiers.best().tier))
    sys.stdout.write(f"{text}\n")
    write_section("grading", text)


if __name__ == "__main__":
    main()
