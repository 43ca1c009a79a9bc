"""Our data access beside others: four operations, two databases, the same data and guards.

Never times a peer whose rows differ from those of the raw driver. `python3 run.py bench` prints the
section and writes it to RESULTS.md; `--quick` runs everything small and writes nothing.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers.common import Peer, RefusedError, head, plain
from bench.stage import Postgres, Sqlite, Stage, analyze, content, postgres
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus

OPERATIONS = ("insert", "page", "count", "transition")
PEERS = {  # module and class, and the package without which there is no such peer
    "raw:Raw": "psycopg",
    "core:Core": "sqlalchemy",
    "app:App": "sqlalchemy",
    "orm:Orm": "sqlalchemy",
    "sqlmodel_:SqlModel": "sqlmodel",
    "advanced:AdvancedAlchemy": "advanced_alchemy",
    "django_:Django": "django",
}


@dataclass(frozen=True)
class Size:
    """How much is done in each round."""

    cases: int
    notes: int
    pages: int
    counts: int
    steps: int
    rounds: int
    many_cases: int


FULL = Size(10_000, 3, pages=50, counts=100, steps=1000, rounds=3, many_cases=100_000)
QUICK = Size(300, 3, pages=2, counts=2, steps=10, rounds=1, many_cases=1000)

Samples = dict[str, dict[str, list[float]]]  # peer -> operation -> seconds for one, each round


def main(*options: str) -> None:
    """Run everything, print it, and write it down unless it was a quick run."""
    size = QUICK if "--quick" in options else FULL
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        for stage in (Sqlite(Path(folder)), server):
            samples = measure(stage, size)
            report(stage, samples)


def report(stage, samples):
    pick = median if stage.name == "SQLite" else min
    base = {op: pick(samples["raw driver"][op]) for op in OPERATIONS}
    for name, ops in samples.items():
        print(f"{stage.name:11}{name:18}", *(f"{op} {pick(s)*1e6:10.1f}us {pick(s)/base[op]:6.2f}x ({min(s)*1e6:.0f}-{max(s)*1e6:.0f}) " for op, s in ops.items()))


def measure(stage: Stage, size: Size) -> Samples:
    """Let the peers take turns, operation by operation, and compare what they have stored."""
    samples: Samples = {}
    kinds = available()
    cases = made_up(size.cases, size.notes)
    for turn in range(size.rounds):
        urls = [stage.fresh(number) for number in range(len(kinds))]
        peers = [kind(url) for kind, url in zip(kinds, urls, strict=True)]
        for operation in OPERATIONS:
            shift = turn % len(peers)
            for peer in peers[shift:] + peers[:shift]:
                took = timed(stage, peer, operation, cases, size)
                samples.setdefault(peer.name, {}).setdefault(operation, []).append(took)
            if operation == "insert":
                for url in urls:
                    analyze(url)
                compare_pages(peers, cases)
        check_guards(peers, cases)
        compare_contents(peers, urls)
        for peer in peers:
            peer.close()
    return samples


def available() -> list[type[Peer]]:
    """Return the peers whose packages are installed."""
    kinds = []
    for place, package in PEERS.items():
        if find_spec(package):
            module, name = place.split(":")
            kinds.append(getattr(import_module(f"bench.peers.{module}"), name))
    return kinds


def made_up(count: int, notes: int) -> list[Case]:
    """Return cases that any run makes the same."""
    start = datetime(2026, 1, 1, 9, 30, 0, 123456, tzinfo=UTC)
    return [
        Case(
            CaseId(case_id(number)),
            f"Report {number} came late",
            notes=[
                Note(f"note {n} on report {number}", start + timedelta(seconds=number, minutes=n))
                for n in range(notes)
            ],
        )
        for number in range(count)
    ]


def case_id(number: int) -> str:
    """Return the id of one of the cases."""
    return f"CASE-{number:06}"


def timed(stage: Stage, peer: Peer, operation: str, cases: list[Case], size: Size) -> float:
    """Return the seconds that one operation takes on average."""
    work, times = prepared(peer, operation, cases, size)
    clock = time.process_time if stage.name == Sqlite.name else time.perf_counter
    gc.collect()
    gc.disable()
    started = clock()
    work()
    took = clock() - started
    gc.enable()
    return took / times


def prepared(
    peer: Peer, operation: str, cases: list[Case], size: Size
) -> tuple[Callable[[], object], int]:
    """Return the work of one operation, warmed up, and how many operations it is."""
    middle = case_id(len(cases) // 2)
    if operation == "insert":
        peer.count()  # connects
        return lambda: peer.insert(cases), 1
    if operation == "transition":
        stride = len(cases) // size.steps
        for number in range(1, 10 * stride, stride):  # drivers prepare what they see often
            peer.transition(case_id(number), CaseStatus.SUBMITTED, 1)
        ids = [case_id(number) for number in range(0, size.steps * stride, stride)]

        def steps() -> None:
            for one in ids:
                peer.transition(one, CaseStatus.SUBMITTED, 1)

        return steps, size.steps
    call, times = (
        (lambda: peer.page(middle), size.pages)
        if operation == "page"
        else (peer.count, size.counts)
    )
    for _ in range(10):
        call()

    def repeat() -> None:
        for _ in range(times):
            call()

    return repeat, times


class DifferentError(Exception):
    """A peer did something else than the raw driver, so its time means nothing."""


def compare_pages(peers: list[Peer], cases: list[Case]) -> None:
    """Every peer returns the same page and the same count."""
    middle = len(cases) // 2
    expected = [plain(case)[1:] for case in cases[middle + 1 : middle + 101]]
    for peer in peers:
        page = [plain(case)[1:] for case in peer.page(case_id(middle))]
        if page != expected or peer.count() != len(cases):
            raise DifferentError(f"{peer.name} returns another page or count")


def check_guards(peers: list[Peer], cases: list[Case]) -> None:
    """Every peer takes the step that is right, and refuses a stale version and a wrong step."""
    one = case_id(len(cases) - 1)
    for peer in peers:
        for target, version in ((CaseStatus.SUBMITTED, 7), (CaseStatus.CLOSED, 1)):
            try:
                peer.transition(one, target, version)
            except (RefusedError, CaseTrackerError):
                continue
            raise DifferentError(f"{peer.name} lets {target} at version {version} through")
        done = head(peer.transition(one, CaseStatus.SUBMITTED, 1))
        if done != (one, cases[-1].title, CaseStatus.SUBMITTED, 2):
            raise DifferentError(f"{peer.name} returns {done}")


def compare_contents(peers: list[Peer], urls: list[str]) -> None:
    """Every peer has left the same rows."""
    expected, *others = [content(url) for url in urls]
    for peer, found in zip(peers[1:], others, strict=True):
        if found != expected:
            first = next((pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]), None)
            raise DifferentError(f"{peer.name} has {first[0] if first else len(found)}, not {first[1] if first else len(expected)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
