"""Rounds in which the peers take turns, on databases of their own. Never times what differs.

A peer whose page, count or rows are not those of the raw driver, or that lets a wrong step through,
ends the benchmark: its time would mean nothing.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bench.peers.common import PAGE, Peer, RefusedError, head, plain
from bench.stage import Sqlite, Stage, analyze, content
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus

OPERATIONS = ("insert", "page", "count", "transition")
RAW, COPY, CORE, OURS = "raw driver", "raw driver, COPY", "SQLAlchemy Core", "case_tracker"
PEERS = {  # module and class: the package without which there is no such peer
    "raw:Raw": "psycopg",
    "raw:RawCopy": "psycopg",
    "core:Core": "sqlalchemy",
    "app:App": "sqlalchemy",
    "orm:Orm": "sqlalchemy",
    "sqlmodel_:SqlModel": "sqlmodel",
    "advanced:AdvancedAlchemy": "advanced_alchemy",
    "django_:Django": "django",
}
WARM_UP = 10  # times; psycopg prepares what it has seen five times
BLOCKS = 10  # in which a round's pages, counts and steps are timed


@dataclass(frozen=True)
class Size:
    """How much there is, and how often it is done in each round."""

    cases: int
    notes: int
    pages: int
    counts: int
    steps: int
    rounds: int
    many_cases: int


FULL = Size(10_000, 3, pages=50, counts=100, steps=1000, rounds=3, many_cases=100_000)
QUICK = Size(220, 3, pages=10, counts=10, steps=10, rounds=1, many_cases=500)

Samples = dict[str, dict[str, list[float]]]
"""Peer, operation, and the seconds that one took, once for each block of each round."""


class DifferentError(Exception):
    """A peer did something else than the raw driver."""


def missing() -> list[str]:
    """Return the packages of peers that are not installed."""
    return sorted({package for package in PEERS.values() if not find_spec(package)})


def measure(stage: Stage, size: Size, places: Iterable[str] = PEERS) -> Samples:
    """Let the peers take turns at each operation; the first one says what is right."""
    samples: Samples = {}
    cases = made_up(size.cases, size.notes)
    for number in range(size.rounds):
        urls, peers = _opened(stage, places)
        for operation in OPERATIONS:
            for peer in _in_turn(peers, number):
                took = samples.setdefault(peer.name, {}).setdefault(operation, [])
                took += _timed(stage, _blocks(peer, operation, cases, size))
            if operation == "insert":
                for url in urls:
                    analyze(url)
                _compare_pages(peers, cases)
        _check_guards(peers, cases)
        _compare_rows(peers, urls)
        for peer in peers:
            peer.close()
    return samples


def _opened(stage: Stage, places: Iterable[str]) -> tuple[list[str], list[Peer]]:
    names = [name for name in places if find_spec(PEERS[name])]
    if isinstance(stage, Sqlite):
        names = [name for name in names if name != "raw:RawCopy"]
    urls = [stage.fresh(number) for number in range(len(names))]
    return urls, [_class(name)(url) for name, url in zip(names, urls, strict=True)]


def _class(place: str) -> type[Peer]:
    module, name = place.split(":")
    found: type[Peer] = getattr(import_module(f"bench.peers.{module}"), name)
    return found


def _in_turn(peers: list[Peer], number: int) -> Iterator[Peer]:
    """Yield the peers, each round beginning with another one."""
    first = number % len(peers)
    yield from peers[first:] + peers[:first]


def made_up(count: int, notes: int) -> list[Case]:
    """Return new cases, the same in every run."""
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


def _blocks(
    peer: Peer, operation: str, cases: list[Case], size: Size
) -> list[list[Callable[[], object]]]:
    """Return the calls of one operation in blocks, warmed up."""
    if operation == "insert":
        peer.count()  # connects
        return [[partial(peer.insert, cases)]]
    if operation == "transition":
        every = len(cases) // size.steps
        for step in _steps(peer, range(1, WARM_UP * every, every)):
            step()
        calls = _steps(peer, range(0, size.steps * every, every))
    else:
        middle = case_id(len(cases) // 2)
        call = peer.count if operation == "count" else partial(peer.page, middle)
        for _ in range(WARM_UP):
            call()
        calls = [call] * (size.counts if operation == "count" else size.pages)
    long = len(calls) // BLOCKS
    return [calls[start : start + long] for start in range(0, len(calls), long)]


def _steps(peer: Peer, numbers: range) -> list[Callable[[], object]]:
    return [partial(peer.transition, case_id(n), CaseStatus.SUBMITTED, 1) for n in numbers]


def _timed(stage: Stage, blocks: list[list[Callable[[], object]]]) -> Iterator[float]:
    """Yield the seconds of one call, on average, for each block."""
    clock = time.process_time if isinstance(stage, Sqlite) else time.perf_counter
    for calls in blocks:
        gc.collect()
        gc.disable()
        started = clock()
        for call in calls:
            call()
        took = clock() - started
        gc.enable()
        yield took / len(calls)


def _compare_pages(peers: list[Peer], cases: list[Case]) -> None:
    middle = len(cases) // 2
    expected = [plain(case) for case in cases[middle + 1 : middle + 1 + PAGE]]
    for peer in peers:
        _compare(peer, [plain(case) for case in peer.page(case_id(middle))], expected)
        _compare(peer, [peer.count()], [len(cases)])


def _check_guards(peers: list[Peer], cases: list[Case]) -> None:
    """Every peer refuses a stale version and a wrong step, and takes the right one."""
    last = cases[-1]
    for peer in peers:
        for target, version in ((CaseStatus.SUBMITTED, 2), (CaseStatus.CLOSED, 1)):
            try:
                peer.transition(last.id.value, target, version)
            except (RefusedError, CaseTrackerError):
                continue
            raise DifferentError(f"{peer.name} goes to {target} at version {version}")
        done = peer.transition(last.id.value, CaseStatus.SUBMITTED, 1)
        _compare(peer, [head(done)], [(last.id.value, last.title, CaseStatus.SUBMITTED, 2)])


def _compare_rows(peers: list[Peer], urls: list[str]) -> None:
    expected = content(urls[0])
    for peer, url in zip(peers, urls, strict=True):
        _compare(peer, content(url), expected)


def _compare(peer: Peer, found: list[Any], expected: list[Any]) -> None:
    if len(found) != len(expected):
        raise DifferentError(f"{peer.name} has {len(found)} rows, not {len(expected)}")
    for one, right in zip(found, expected, strict=True):
        if one != right:
            raise DifferentError(f"{peer.name} has {one!r}, not {right!r}")
