"""Our data access beside others: four operations, two databases, the same rows and guards.

`python3 run.py bench data_access` prints the section and writes it to RESULTS.md, its figures to
README.md and to data_access.json, and its pictures beside this file. With `--quick` everything is
small, and nothing is written: that shows that all peers still do the same. With `--again` nothing
is measured: the text is made from the figures that are there.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bench import plot
from bench.keyset import Curve, curves
from bench.results import write_section
from bench.rounds import (
    COPY,
    CORE,
    FULL,
    OPERATIONS,
    OURS,
    QUICK,
    RAW,
    DifferentError,
    Samples,
    Size,
    measure,
    missing,
)
from bench.stage import Sqlite, postgres
from workbook.postgres.errors import PostgresUnavailableError

README = Path(__file__).parents[1] / "README.md"
FIGURES = Path(__file__).with_suffix(".json")
PICTURES = {"bars": "data_access.svg", "lines": "pages.svg"}
TITLES = {
    "insert": "insert 10,000 cases and 30,000 notes",
    "page": "a page of 100 cases with their notes",
    "count": "count 10,000 cases",
    "transition": "one step: read, guards, UPDATE, audit event, COMMIT",
}
AIMS = {  # at most so many times the raw driver
    "SQLite": {"insert": 4.5, "page": 1.7, "count": 1.7, "transition": 8.0},
    "PostgreSQL": {"insert": 2.0, "page": 2.2, "count": 1.5, "transition": 3.5},
}
WHY = {  # where an aim is missed or a peer is ahead
    ("SQLite", "insert"): "Core is what `bulk` sends; we make its rows of domain objects, too.",
    ("SQLite", "page"): "300 instants pass a type that serves both databases, and each note is"
    " checked as it is made; the raw driver appends +00:00 to SQLite's text and checks nothing"
    " (with `replace(tzinfo=UTC)` there, it takes 0.2 ms more).",
    ("PostgreSQL", "count"): "Each unit pings the connection that it takes, so that a restart of"
    " the server costs no request, and opens a Session. All peers on our engine ping, Django does"
    " not; Core needs no Session.",
}
Figures = dict[str, dict[str, dict[str, float]]]  # database, peer, operation: seconds
Pages = dict[str, dict[str, Curve]]  # database, way


def main(*options: str) -> int:
    """Measure, print and, unless it is quick, write down."""
    quick = "--quick" in options
    if missing() and not quick:
        return _refuse(f"{', '.join(missing())} is missing; run: python3 run.py bench data_access")
    size = QUICK if quick else FULL
    try:
        figures, pages, machine = _stored() if "--again" in options else _run(size)
    except (PostgresUnavailableError, DifferentError) as error:
        return _refuse(str(error))
    text = section(figures, pages, size, machine)
    sys.stdout.write(f"{text}\n")
    if quick:
        sys.stdout.write(f"\nquick: nothing was written; not installed: {missing() or 'nothing'}\n")
    else:
        write_down(text, figures, pages, machine)
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


def _run(size: Size) -> tuple[Figures, Pages, str]:
    load = f", load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        stages = (Sqlite(Path(folder)), server)
        figures = {stage.name: _best(measure(stage, size)) for stage in stages}
        pages = {stage.name: curves(stage, size) for stage in stages}
    return figures, pages, f"{os.cpu_count()} CPUs{load}"


def _stored() -> tuple[Figures, Pages, str]:
    stored = json.loads(FIGURES.read_text(encoding="utf-8"))
    return stored["figures"], stored["pages"], stored["machine"]


def _best(samples: Samples) -> dict[str, dict[str, float]]:
    return {name: {op: min(took) for op, took in each.items()} for name, each in samples.items()}


def write_down(text: str, figures: Figures, pages: Pages, machine: str) -> None:
    """Write the section, the block of README and the pictures."""
    stored = json.dumps({"machine": machine, "figures": figures, "pages": pages}, indent=1)
    FIGURES.write_text(f"{stored}\n", encoding="utf-8")
    here = Path(__file__).parent
    plot.bars(here / PICTURES["bars"], TITLES, _ratios(figures))
    title = "A page of 100 among 100,000 cases"
    plot.lines(here / PICTURES["lines"], title, pages)
    write_section("data_access", text)
    write_section("data_access", "\n".join(_block(figures)), README)


def _ratios(figures: Figures) -> Figures:
    """Return each peer's times as multiples of the raw driver's."""
    return {
        database: {
            name: {op: each[op] / peers[RAW][op] for op in OPERATIONS}
            for name, each in peers.items()
            if name not in {RAW, COPY}
        }
        for database, peers in figures.items()
    }


HOW = """\
{cases:,} cases with {notes} notes each are inserted in one transaction; then come pages of 100
cases with their notes, counts, and {steps:,} steps of the workflow: read and lock the case, check
the expected version and the step, UPDATE for the version that was read, INSERT an audit event,
COMMIT.
Each peer does the same on a database of its own, with the same tables, PRAGMAs, isolation and
durability. A peer whose page, count or rows differ from those of the raw driver, or that lets a
stale version or a wrong step through, ends the run.
`case_tracker` is measured through what its command line and its API call: `import_cases`, the
pages and the total of `list_cases`, `transition_case`. It returns domain objects, and it reads the
notes with each step; the others do not.

All peers live in one process and take turns at each operation, in {rounds} rounds; the garbage
collector waits. Pages, counts and steps are timed in ten blocks, and the best block counts: on a
shared machine the others measure the neighbours. SQLite is CPU time. PostgreSQL is time on the
clock, on a private server without fsync: it measures software, not a disk. In brackets: times the
raw driver, which has neither pool nor Session, and whose `executemany()` is a pipeline.
{versions}; {machine} when the run began.

Repeat it with `python3 run.py bench data_access`: some minutes, on a machine that does little else.
"""


def section(figures: Figures, pages: Pages, size: Size, machine: str) -> str:
    """Return the section of RESULTS.md."""
    how = HOW.format(**{**vars(size), "versions": _versions(), "machine": machine})
    lines = ["## Data access", "", how, "", f"![times]({PICTURES['bars']})", ""]
    for database, peers in figures.items():
        lines += [f"### {database}", "", *_table(peers), "", *_verdict(database, peers), ""]
    lines += ["### Pages from the first case to the last", "", *_pages(pages, size)]
    return "\n".join(lines)


def _versions() -> str:
    packages = ("sqlalchemy", "psycopg", "sqlmodel", "advanced-alchemy", "django")
    installed = [f"{name} {version(name)}" for name in packages if name not in _absent()]
    return f"Python {platform.python_version()}, " + ", ".join(installed)


def _absent() -> set[str]:
    return {name.replace("_", "-") for name in missing()}


def _table(peers: dict[str, dict[str, float]]) -> list[str]:
    lines = [_row(["", "insert", "page", "count", "step"]), _row(["---"] + ["--:"] * 4)]
    for name, each in peers.items():
        shown = OPERATIONS[:1] if name == COPY else OPERATIONS
        cells = [_cell(each[op], peers[RAW][op]) for op in shown]
        cells += ["" for _ in OPERATIONS[len(shown) :]]
        bold = "**" if name == OURS else ""
        lines.append(_row([f"{bold}{name}{bold}", *cells]))
    return lines


def _cell(seconds: float, raw: float) -> str:
    return f"{seconds * 1000:,.{3 if seconds < 0.001 else 1}f} ms ({seconds / raw:.1f}x)"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(database: str, peers: dict[str, dict[str, float]]) -> list[str]:
    """Name each aim with what came of it, and each peer that is ahead of us."""
    lines = []
    for op, aim in AIMS[database].items():
        ratio = peers[OURS][op] / peers[RAW][op]
        others = {name: each[op] for name, each in peers.items() if name not in {RAW, COPY, OURS}}
        ahead = [name for name, took in others.items() if took < peers[OURS][op]]
        met = "met" if ratio <= aim else "**missed**"
        line = f"- {op}: {ratio:.2f}x, aim {aim}x {met}; "
        line += f"ahead of us: {', '.join(ahead)}" if ahead else "nobody is ahead"
        why = WHY.get((database, op)) if ahead or ratio > aim else None
        lines.append(line + (f". {why}" if why else ""))
    return lines


def _pages(pages: Pages, size: Size) -> list[str]:
    lines = [
        f"`list_cases` reads a page of 100 among {size.many_cases:,} cases with {size.notes} notes",
        "each. Behind an id, the last page costs what the first one costs; an OFFSET reads all",
        "that it skips. Best of 15, milliseconds.",
        "",
        f"![pages]({PICTURES['lines']})",
        "",
        _row(["", "first page", "middle", "last page", "last / first"]),
        _row(["---"] + ["--:"] * 4),
    ]
    for database, ways in pages.items():
        for way, curve in ways.items():
            first, middle, last = (curve[i][1] for i in (0, len(curve) // 2, -1))
            cells = [f"{took * 1000:.2f}" for took in (first, middle, last)]
            lines.append(_row([f"{database}, {way}", *cells, f"{last / first:.1f}"]))
    return lines


def _block(figures: Figures) -> Iterator[str]:
    """Yield the lines for README: ours, and the best of the others."""
    yield "How many times as long as the raw driver: `case_tracker`, through the services that its"
    yield "command line and its API call, and the fastest of four ORMs (plain ORM, SQLModel,"
    yield "advanced-alchemy, Django) on the same tables:"
    yield ""
    yield _row(["", *(TITLES[op] for op in OPERATIONS)])
    yield _row(["---"] + ["--:"] * 4)
    for database, peers in _ratios(figures).items():
        orms = {name: each for name, each in peers.items() if name not in {OURS, CORE}}
        best = {op: min(orms, key=lambda name: orms[name][op]) for op in OPERATIONS}
        yield _row(
            [f"{database}, case_tracker", *(f"**{peers[OURS][op]:.1f}**" for op in OPERATIONS)]
        )
        yield _row(
            [f"{database}, best ORM", *(f"{peers[n][op]:.1f} {n}" for op, n in best.items())]
        )
    yield ""
    yield "All figures, and how they were taken: [bench/RESULTS.md](bench/RESULTS.md)."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
