"""nbgrader and otter-grader, each from a notebook to a score. They have a Python of their own."""

import json
import os
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

Cell = tuple[str, str]
PATIENCE_S = 1800

NOTEBOOKS = """
import json, sys
from nbformat.v4 import new_code_cell, new_notebook
from nbformat import write
order = json.load(sys.stdin)
for path, code in order["notebooks"]:
    cells = [new_code_cell(code)]
    for name, check in order["checks"]:
        meta = {"grade": True, "grade_id": name, "locked": True, "points": 1,
                "schema_version": 3, "solution": False, "task": False, "cell_type": "code"}
        cells.append(new_code_cell(check, metadata={"nbgrader": meta}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path, version=4)
"""


def cells(tests: str) -> list[Cell]:
    """Return each test of a file as the code of a notebook cell, by its name."""
    helpers, *found = tests.split("@pytest.mark.task(")
    helpers = helpers.replace("import pytest\n", "")
    shared = f"import types\nexercise = types.SimpleNamespace(**globals())\n{helpers}"
    made = []
    for test in found:
        head, _, body = test.partition("(exercise):\n")
        made.append((head.rpartition("test_")[2], f"{shared}\n{textwrap.dedent(body)}"))
    return made


class Nbgrader:
    """A course with one assignment; its checks are locked cells."""

    def __init__(self, peers: str, folder: Path, checks: Sequence[Cell], given: str) -> None:
        self.peers = peers
        self.folder = folder
        self.checks = checks
        (folder / "nbgrader_config.py").write_text(
            "c = get_config()\nc.CourseDirectory.root = '.'\n"
            "c.ClearSolutions.enforce_metadata = False\n",
            encoding="utf-8",
        )
        notebooks(peers, {folder / "source/ps1/ps1.ipynb": given}, checks)
        run(peers, ["nbgrader", "generate_assignment", "ps1"], folder)

    def hand_in(self, texts: Mapping[str, str]) -> None:
        """Put a notebook where it is handed in, for each learner."""
        found = {self.folder / f"submitted/{who}/ps1/ps1.ipynb": t for who, t in texts.items()}
        notebooks(self.peers, found, self.checks)

    def grade(self, walls: Sequence[str] = (), patience_s: float = PATIENCE_S) -> None:
        """Run `nbgrader autograde` once for all; it has no parallel mode."""
        run(self.peers, ["nbgrader", "autograde", "ps1"], self.folder, walls, patience_s)

    def scores(self) -> dict[str, float]:
        """Return the points of each learner."""
        run(self.peers, ["nbgrader", "export"], self.folder)
        rows = (self.folder / "grades.csv").read_text(encoding="utf-8").splitlines()
        table = [dict(zip(rows[0].split(","), row.split(","), strict=False)) for row in rows[1:]]
        return {row["student_id"]: float(row.get("score") or 0) for row in table}


class Otter:
    """An autograder whose checks are doctests; `otter run` takes one notebook at a time."""

    def __init__(self, peers: str, folder: Path, checks: Sequence[Cell]) -> None:
        self.peers = peers
        self.folder = folder
        self.checks = checks
        for name, code in checks:
            _write_otter_test(folder / "tests" / f"{name}.py", name, code)
        run(peers, ["otter", "generate", "-t", "tests", "--no-requirements"], folder)
        self._archive = next(folder.glob("autograder*.zip")).name

    def hand_in(self, texts: Mapping[str, str]) -> None:
        """Put a notebook that calls each check where it is handed in, for each learner."""
        calls = "\n".join(f"grader.check({name!r})" for name, _ in self.checks)
        start = "import otter\ngrader = otter.Notebook()\n"
        found = {
            self.folder / f"submitted/{who}.ipynb": f"{text}\n{start}{calls}"
            for who, text in texts.items()
        }
        notebooks(self.peers, found)

    def grade(self, who: str, walls: Sequence[str] = (), patience_s: float = PATIENCE_S) -> None:
        """Run `otter run`: without Docker, as on one machine."""
        (self.folder / f"out-{who}").mkdir(exist_ok=True)
        words = ["otter", "run", "-a", self._archive, "-o", f"out-{who}", f"submitted/{who}.ipynb"]
        run(self.peers, words, self.folder, walls, patience_s)

    def score(self, who: str) -> float:
        """Return the points of a learner."""
        path = self.folder / f"out-{who}" / "results.json"
        results = json.loads(path.read_text(encoding="utf-8"))
        return float(sum(test.get("score") or 0 for test in results["tests"]))


def _write_otter_test(path: Path, name: str, code: str) -> None:
    lines = "\n".join(line for line in code.splitlines() if line.strip())
    case = {"code": f">>> exec({lines!r}, globals())", "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": name, "points": 1, "suites": [suite]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"OK_FORMAT = True\ntest = {test!r}\n", encoding="utf-8")


def notebooks(peers: str, codes: Mapping[Path, str], checks: Sequence[Cell] = ()) -> None:
    """Write notebooks with the Python of the peers; each check becomes a graded cell."""
    for path in codes:
        path.parent.mkdir(parents=True, exist_ok=True)
    order = {"notebooks": [[str(path), code] for path, code in codes.items()], "checks": checks}
    subprocess.run(
        [peers, "-c", NOTEBOOKS], input=json.dumps(order), text=True, check=True, timeout=300
    )


class PeerError(Exception):
    """A program of the peers failed, or did not end; the message is its own."""


def run(
    peers: str,
    words: Sequence[str],
    folder: Path,
    walls: Sequence[str] = (),
    patience_s: float = PATIENCE_S,
) -> None:
    """Run a program of the peers' environment, behind `walls` (a command that runs another).

    Raises:
        PeerError: it failed, or did not end in time.
    """
    here = Path(peers).parent
    try:
        done = subprocess.run(
            [*walls, str(here / words[0]), *words[1:]],
            cwd=folder,
            env=os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=patience_s,
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"{words[0]} did not end in {patience_s:g} s") from None
    if done.returncode:
        raise PeerError(f"{words[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
