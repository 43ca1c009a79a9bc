"""Attacks on our grader and on plain pytest, as its users judge: by exit code, by XML.

The attacks are those of the test suite that aim at the mark. pytest has no walls of its own, so
bubblewrap stands around it: what is compared is whether a mark can be forged.

    python -m bench.attacks
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.results import write_section
from tests.workbook.grade.attacks import ATTACKS, Attack
from tests.workbook.grade.conftest import HOME, Desk, lesson, texts
from workbook.grade import tiers

KINDS = ("exit", "hijack", "tamper", "evasion")
ROOT = Path(__file__).resolve().parents[1]
LONGEST_S = 60


def files_of(attack: Attack) -> dict[str, bytes]:
    """Return what is handed in."""
    files = texts(attack.lesson, attack.base)
    files["exercise.py"] += b"\n\n\n" + attack.code.encode() + b"\n"
    return files


def with_pytest(number: str, files: dict[str, bytes]) -> tuple[bool, int]:
    """Return whether pytest's exit code says that all is right, and how many tests its XML passes.

    -1: there is no XML at all.
    """
    with tempfile.TemporaryDirectory(prefix="bench-attacks-") as name:
        folder = Path(name)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        report = folder / "report.xml"
        tests = HOME.lessons / lesson(number).slug / "test_exercise.py"
        command = [
            *("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
            *("--tmpfs", "/tmp", "--ro-bind", str(ROOT), str(ROOT), "--bind", name, name),
            *("--unshare-all", "--die-with-parent", "--chdir", name),
            *("prlimit", "--as=4294967296", "--", sys.executable, "-m", "pytest", "-q"),
            *("-p", "no:cacheprovider", f"--rootdir={HOME.lessons}", "-c", os.devnull),
            *("--import-mode=importlib", "-p", "workbook.plugin", f"--workbook-files={name}"),
            *(f"--junitxml={report}", str(tests)),
        ]
        environment = os.environ | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT),
        }
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, timeout=LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            return False, -1
        return done.returncode == 0, _passed(report)


def _passed(report: Path) -> int:
    try:
        suite = ET.parse(report).getroot().find("testsuite")
    except (OSError, ET.ParseError):
        return -1
    counts = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    return 2 * counts["tests"] - sum(counts.values())


def main() -> None:
    """Attack, print the table, and write the section."""
    if not shutil.which("bwrap"):
        raise SystemExit("bubblewrap is missing: these attacks must not run without walls")
    tier = tiers.best().tier
    chosen = [a for a in ATTACKS if a.kind in KINDS and a.lesson == "00" and not a.hangs]
    full = len(lesson("00").tasks)
    honest = {base: with_pytest("00", texts("00", base)) for base in ("starter", "solution")}
    lines: list[str] = []
    forged: Counter[str] = Counter()
    desk = Desk(tier)
    for attack in chosen:
        mark = desk.grade(attack.lesson, files_of(attack))
        code, passed = with_pytest(attack.lesson, files_of(attack))
        deserved = honest["solution" if attack.deserved == full else "starter"][1]
        found = {
            "ours": mark.earned > attack.deserved,
            "exit code": code and attack.deserved < full,
            "XML": passed > deserved,
        }
        forged.update(name for name, bad in found.items() if bad)
        shown = ["**forged**" if bad else "-" for bad in found.values()]
        shown[0] = f"**forged**, {mark.verdict}" if found["ours"] else mark.verdict
        lines.append(f"| {attack.kind}: {attack.name} | {' | '.join(shown)} |")
        sys.stdout.write(lines[-1] + "\n")
        sys.stdout.flush()
    desk.close()
    count = len(chosen)
    totals = " | ".join(f"{forged[name]} of {count}" for name in ("ours", "exit code", "XML"))
    text = "\n".join(
        [
            "## Attacks on the mark",
            "",
            "Lesson 00; a dash: not forged. Ours shows its verdict. nbgrader and otter-grader",
            "decide in the learner's process, too; they are not attacked here.",
            "",
            f"| attack | workbook grade, {tier} | pytest, exit code | pytest, JUnit XML |",
            "| --- | --- | --- | --- |",
            *lines,
            f"| **forged** | {totals} |",
        ]
    )
    write_section("attacks", text)


if __name__ == "__main__":
    main()
