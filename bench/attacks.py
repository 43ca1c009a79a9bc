"""Attacks on our grader, on nbgrader, on otter-grader and on pytest, whose users read exit codes.

The attacks are those of the test suite that aim at the mark of lesson 00. The others have no walls
of their own, so bubblewrap stands around them: what is compared is whether a mark can be forged.

    python -m bench.attacks [--peers PYTHON]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.other_graders import Nbgrader, Otter, PeerError, cells
from bench.results import write_section
from tests.workbook.grade.attacks import ATTACKS, Attack
from tests.workbook.grade.conftest import HOME, Desk, lesson, texts
from workbook.grade import tiers

KINDS = ("exit", "hijack", "tamper", "evasion")
ROOT = Path(__file__).resolve().parents[1]
CHECKS = Path(__file__).with_name("first_session_checks.py").read_text(encoding="utf-8")
LONGEST_S = 120
MEMORY = "--as=4294967296"

# What a grader gives for the text of an exercise.py: points, and -1 for no answer at all.
Judge = Callable[[str], float]


def walls(folder: Path, shown: Path = ROOT) -> list[str]:
    """Return the command that runs another one with nothing to write to but this folder."""
    name = str(folder)
    return [
        *("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--tmpfs", "/tmp", "--ro-bind", str(shown), str(shown), "--bind", name, name),
        *("--unshare-all", "--new-session", "--die-with-parent", "--chdir", name),
        *("--setenv", "HOME", name, "prlimit", MEMORY, "--"),
    ]


class Pytest:
    """The lesson's own tests, run by plain pytest."""

    def __init__(self) -> None:
        self.exit_code: dict[str, bool] = {}

    def passed(self, text: str) -> float:
        """Return how many tests the XML says have passed."""
        with tempfile.TemporaryDirectory(prefix="bench-attacks-") as name:
            folder = Path(name)
            (folder / "exercise.py").write_text(text, encoding="utf-8")
            report = folder / "report.xml"
            self.exit_code[text] = self._run(folder, report) == 0
            return _passed(report)

    def full(self, text: str) -> float:
        """Return 1 when the exit code of the same run says that all is right."""
        return float(self.exit_code[text])

    @staticmethod
    def _run(folder: Path, report: Path) -> int:
        tests = HOME.lessons / lesson("00").slug / "test_exercise.py"
        command = [
            *(*walls(folder), sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(f"--rootdir={HOME.lessons}", "-c", os.devnull, "--import-mode=importlib"),
            *("-p", "workbook.plugin", f"--workbook-files={folder}"),
            *(f"--junitxml={report}", str(tests)),
        ]
        environment = os.environ | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT),
        }
        try:
            return subprocess.run(
                command, env=environment, capture_output=True, timeout=LONGEST_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return -1


def _passed(report: Path) -> int:
    try:
        suite = ET.parse(report).getroot().find("testsuite")
    except (OSError, ET.ParseError):
        return -1
    if suite is None:
        return -1
    counts = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    return 2 * counts["tests"] - sum(counts.values())


class Peer:
    """One of the peers: a fresh copy of its course for each submission."""

    def __init__(self, kind: str, peers: str, folder: Path) -> None:
        self.folder = folder
        self._shown = Path(peers).parents[1]
        folder.mkdir()
        if kind == "nbgrader":
            given = texts("00", "starter")["exercise.py"].decode()
            self._grader: Nbgrader | Otter = Nbgrader(peers, folder, cells(CHECKS), given)
        else:
            self._grader = Otter(peers, folder, cells(CHECKS))

    def score(self, text: str) -> float:
        """Return the points of a submission; -1 when the grader had no answer."""
        with tempfile.TemporaryDirectory(prefix="bench-attacks-") as name:
            copy = Path(name, "course")
            shutil.copytree(self.folder, copy)
            self._grader.folder = copy
            try:
                self._grader.hand_in({"eve": text})
                if isinstance(self._grader, Nbgrader):
                    self._grader.grade(walls(copy, self._shown), LONGEST_S)
                    return self._grader.scores().get("eve", -1)
                self._grader.grade("eve", walls(copy, self._shown), LONGEST_S)
                return self._grader.score("eve")
            except (PeerError, OSError, ValueError):
                return -1


def text_of(attack: Attack) -> str:
    """Return what is handed in."""
    return texts(attack.lesson, attack.base)["exercise.py"].decode() + f"\n\n\n{attack.code}\n"


def main() -> None:
    """Attack, print the table, and write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", help="the Python of nbgrader and otter-grader")
    chosen = parser.parse_args()
    if not shutil.which("bwrap"):
        raise SystemExit("bubblewrap is missing: these attacks must not run without walls")
    with ExitStack() as stack:
        tier = tiers.best().tier
        desk = Desk(tier)
        stack.callback(desk.close)
        text = compared(tier, desk, judges(chosen.peers, stack))
    write_section("attacks", text)


def judges(peers: str | None, stack: ExitStack) -> dict[str, Judge]:
    """Return the other graders by their names; `stack` takes away what they need."""
    plain = Pytest()
    found: dict[str, Judge] = {
        "pytest, JUnit XML": plain.passed,
        "pytest, exit code": plain.full,
    }
    if peers:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-attacks-")))
        for kind in ("nbgrader", "otter"):
            found[kind] = Peer(kind, peers, root / kind).score
    return found


def compared(tier: str, desk: Desk, others: Mapping[str, Judge]) -> str:
    """Return the section: a row for each attack."""
    attacks = [a for a in ATTACKS if a.kind in KINDS and a.lesson == "00" and not a.hangs]
    full = len(lesson("00").tasks)
    honest = {
        base: {name: judge(texts("00", base)["exercise.py"].decode()) for name, judge in items}
        for items in [tuple(others.items())]
        for base in ("starter", "solution")
    }
    _refuse_what_cannot_tell(honest)
    lines: list[str] = []
    counts: Counter[str] = Counter()
    for attack in attacks:
        mark = desk.grade("00", {"exercise.py": text_of(attack).encode()})
        fair = honest["solution" if attack.deserved == full else "starter"]
        shown = [f"**forged**, {mark.verdict}" if mark.earned > attack.deserved else mark.verdict]
        counts["ours"] += mark.earned > attack.deserved
        for name, judge in others.items():
            points = judge(text_of(attack))
            counts[name] += points > fair[name]
            shown.append(_word(points, fair[name]))
        lines.append(f"| {attack.kind}: {attack.name} | {' | '.join(shown)} |")
        sys.stdout.write(lines[-1] + "\n")
        sys.stdout.flush()
    totals = " | ".join(f"{counts[name]} of {len(attacks)}" for name in ("ours", *others))
    return "\n".join(
        [
            "## Attacks on the mark",
            "",
            "Lesson 00. Forged: more points than the same code without the attack; a dash: not so.",
            "Ours shows its verdict. pytest runs the lesson's tests; nbgrader and otter-grader run",
            "eight checks of the same functions; bubblewrap is around all three. An attack that",
            "reaches for a part of this package finds nothing in theirs.",
            "",
            f"| attack | workbook grade, {tier} | {' | '.join(others)} |",
            f"| --- | --- |{' --- |' * len(others)}",
            *lines,
            f"| **forged** | {totals} |",
        ]
    )


def _word(points: float, fair: float) -> str:
    if points > fair:
        return "**forged**"
    return "no answer" if points < 0 else "-"


def _refuse_what_cannot_tell(honest: Mapping[str, Mapping[str, float]]) -> None:
    """A grader that does not tell right from wrong proves nothing."""
    for name, points in honest["starter"].items():
        if not points < honest["solution"][name]:
            raise SystemExit(f"{name} gives {points} for the starter and for the solution")


if __name__ == "__main__":
    main()
