"""Our N+1 detector beside nplusone, queryspy and pytest-queryguard: hits, misses, costs.

Never asks a tool for more than its users do: each one judges the scenarios as tests, through its
own pytest plugin, in a process of its own. `python3 run.py bench` prints the section and writes it
to RESULTS.md.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.results import write_section
from bench.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7
OURS = "workbook lens"


@dataclass(frozen=True)
class Tool:
    """A detector: how pytest is told to use it, and how a block is recorded for the costs."""

    name: str
    package: str | None
    options: tuple[str, ...]
    conftest: str = ""
    block: str = ""


GUARD = """
import pytest
from workbook.lens.nplusone import NPlusOne

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with NPlusOne() as watch:
        result = yield
    watch.check()
    return result
"""
NPLUSONE = """
import pytest
import nplusone.ext.sqlalchemy
from nplusone.core import profiler

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with profiler.Profiler():
        return (yield)
"""
TOOLS = [
    Tool(OURS, None, (), GUARD, "from workbook.lens.nplusone import NPlusOne as block"),
    Tool(
        "pytest-queryguard",
        "pytest-queryguard",
        ("-p", "pytest_queryguard.plugin"),
        block="from pytest_queryguard import record_queries as block",
    ),
    Tool(
        "pytest-queryguard, strictest",
        "pytest-queryguard",
        (
            "-p",
            "pytest_queryguard.plugin",
            "-o",
            "queryguard_repeat_threshold=3",
            "-o",
            "queryguard_small_repeat_threshold=2",
            "-o",
            "queryguard_column_load_threshold=2",
        ),
    ),
    Tool(
        "queryspy",
        "queryspy",
        ("-p", "queryspy.pytest_plugin", "--queryspy-strict"),
        block="from queryspy import record as block",
    ),
    Tool("nplusone", "nplusone", (), NPLUSONE),
]
TESTS = """
import shutil
import pytest
from sqlalchemy import create_engine
from bench.scenarios import SCENARIOS, fill

@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "cases.db"
    engine = create_engine(f"sqlite:///{path}")
    fill(engine)
    engine.dispose()
    return path

@pytest.mark.parametrize("number", range(len(SCENARIOS)))
def test_scenario(number, filled, tmp_path):
    copy = shutil.copy(filled, tmp_path)
    engine = create_engine(f"sqlite:///{copy}")
    try:
        SCENARIOS[number].run(engine)
    finally:
        engine.dispose()
"""


def judge(tool: Tool) -> list[bool] | str:
    """Return for each scenario whether the tool failed it, or why the tool does not work."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "test_scenarios.py").write_text(TESTS, encoding="utf-8")
        (here / "conftest.py").write_text(tool.conftest, encoding="utf-8")
        (here / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload"]
        report = here / "report.xml"
        command += [*tool.options, f"--junitxml={report}", str(here)]
        run = subprocess.run(
            command, cwd=here, env=_environment(), capture_output=True, text=True, check=False
        )
        if not report.exists():
            lines = (run.stderr + run.stdout).strip().splitlines()
            return next((line for line in reversed(lines) if "Error:" in line), lines[-1])
        cases = ET.parse(report).getroot().iter("testcase")
        return [case.find("failure") is not None for case in cases]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


WORK = """
import contextlib, gc, json, sys, time
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from bench.scenarios import Case, Note, fill
BLOCK
engine = create_engine("sqlite://", poolclass=StaticPool)
fill(engine, 100)

def orm():
    with Session(engine) as session:
        for number in range(1, 1001):
            session.scalars(select(Case).where(Case.id == number % 100 + 1)).one()

def lazy():
    for _ in range(10):
        with Session(engine) as session:
            for case in session.scalars(select(Case)):
                case.notes

def core():
    query = select(Note.__table__.c.id)
    with engine.connect() as connection:
        for number in range(1, 1001):
            connection.execute(query.where(Note.case_id == number % 100 + 1)).all()

took = {}
for work in (orm, lazy, core):
    work()
    gc.collect()
    gc.disable()
    with block():
        started = time.process_time()
        work()
        took[work.__name__] = time.process_time() - started
    gc.enable()
print(json.dumps(took))
"""


def costs() -> dict[str, dict[str, float]]:
    """Return each tool's CPU time as a ratio to no tool: the median of rounds that take turns."""
    blocks = {"no tool": "block = contextlib.nullcontext"}
    blocks |= {tool.name: tool.block for tool in TOOLS if tool.block}
    took: dict[str, list[dict[str, float]]] = {name: [] for name in blocks}
    for _ in range(ROUNDS):
        for name, block in blocks.items():
            source = textwrap.dedent(WORK).replace("BLOCK", block)
            run = subprocess.run(
                [sys.executable, "-c", source], env=_environment(), capture_output=True, check=True
            )
            took[name].append(json.loads(run.stdout))
    return {
        name: {
            work: statistics.median(
                one[work] / plain[work] for one, plain in zip(runs, took["no tool"], strict=True)
            )
            for work in runs[0]
        }
        for name, runs in took.items()
        if name != "no tool"
    }


def found_table(verdicts: dict[str, list[bool] | str]) -> list[str]:
    """Return the table of scenarios; a tool that does not work has no column."""
    working = {name: found for name, found in verdicts.items() if not isinstance(found, str)}
    lines = [_row(["scenario", "should be found", *working]), _row(["---"] * (2 + len(working)))]
    for number, scenario in enumerate(SCENARIOS):
        cells = [_word(scenario.bad, found[number]) for found in working.values()]
        lines.append(_row([scenario.name, "yes" if scenario.bad else "no", *cells]))
    sums = [_sum(found) for found in working.values()]
    return [*lines, _row(["**hits / misses / false alarms**", "", *sums])]


def _word(bad: bool, found: bool) -> str:  # noqa: FBT001 - a cell of a table of truth
    if bad:
        return "hit" if found else "**miss**"
    return "**false alarm**" if found else "silent"


def _sum(found: list[bool]) -> str:
    pairs = [(scenario.bad, one) for scenario, one in zip(SCENARIOS, found, strict=True)]
    return (
        f"{pairs.count((True, True))} / {pairs.count((True, False))} / {pairs.count((False, True))}"
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


HOW = """\
Each scenario is one test on a SQLite file with 10 cases; a finding fails it.
SQLAlchemy {sqlalchemy}; {tools}.
Tools run with their defaults, queryspy with `--queryspy-strict`: without it, it only records.
*strictest* is pytest-queryguard with its thresholds lowered: 3 repeats, 2 small repeats,
2 column loads."""


def section() -> str:
    """Run everything and return the section."""
    verdicts = {tool.name: judge(tool) for tool in TOOLS}
    versions = {tool.package: version(tool.package) for tool in TOOLS if tool.package}
    tools = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines = ["## N+1 detectors", "", HOW.format(sqlalchemy=version("sqlalchemy"), tools=tools)]
    lines += ["", *found_table(verdicts), ""]
    broken = {name: why for name, why in verdicts.items() if isinstance(why, str)}
    lines += [
        f"{name} does not work on this SQLAlchemy: `{why.lstrip('E ').strip()}`"
        for name, why in broken.items()
    ]
    lines += ["", *cost_table(costs())]
    return "\n".join(lines)


def cost_table(ratios: dict[str, dict[str, float]]) -> list[str]:
    """Return the table of costs."""
    lines = [
        "CPU time of 1000 statements on an in-memory SQLite, as a ratio to the same work without",
        f"a tool: the median of {ROUNDS} rounds in which tools take turns, each in a new process.",
        "",
        _row(["", "ORM select", "lazy load", "Core select"]),
        _row(["---"] * 4),
    ]
    for name, ratio in ratios.items():
        lines.append(_row([name, *(f"{ratio[work]:.2f}" for work in ("orm", "lazy", "core"))]))
    return lines


if __name__ == "__main__":
    text = section()
    write_section("detector", text)
    sys.stdout.write(f"{text}\n")
