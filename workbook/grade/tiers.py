"""How well this machine can separate. Found out by trying to get out, never by assuming.

T1 namespaces, Landlock, seccomp, limits    T2 Landlock, seccomp, limits
T3 limits, inside a container that the instructor made    T4 macOS: limits    T5 nothing
"""

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.grade.worker.doctor import ATTEMPTS, name_of
from workbook.grade.workers import Limits, Worker, WorkerLostError

TRUSTED_FROM = 3
WORDS = {
    "T1": "namespaces with a root of their own, Landlock, seccomp, limits",
    "T2": "Landlock, seccomp, limits",
    "T3": "limits, inside your container",
    "T4": "limits only",
    "T5": "nothing",
}
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
_WITH_WALLS = ("T1", "T2")
_ORDER = ("T1", "T2", "T3", "T4")
# Without a container's own walls, only these are what a tier promises.
_LIMITS = frozenset({"Take more memory than allowed", "Read the instructor's environment"})


@dataclass(frozen=True)
class Attempt:
    """One attempt to get out, and what came of it."""

    name: str
    stopped: bool
    said: str


@dataclass(frozen=True)
class Examination:
    """What one tier is worth here. `failure` says why it cannot be raised at all."""

    tier: str
    attempts: tuple[Attempt, ...]
    failure: str = ""

    @property
    def holds(self) -> bool:
        """Say whether every attempt was stopped that this tier promises to stop."""
        bad = [attempt for attempt in self.attempts if not attempt.stopped]
        if self.tier not in _WITH_WALLS:
            bad = [attempt for attempt in bad if attempt.name in _LIMITS]
        return bool(self.attempts) and not bad


def is_trusted(tier: str) -> bool:
    """Say whether code of strangers may run in this tier."""
    return int(tier[1]) <= TRUSTED_FROM


def best() -> Examination:
    """Return the first tier that holds on this machine; T5 when none does."""
    examinations = []
    for tier in candidates():
        found = examine(tier)
        if found.holds:
            return found
        examinations.append(found)
    reasons = "; ".join(f"{e.tier}: {e.failure or 'an attempt got through'}" for e in examinations)
    return Examination("T5", (), reasons or "this system has no fork()")


def candidates() -> list[str]:
    """Return the tiers that are worth a try on this system, the strongest first."""
    if not hasattr(os, "fork"):
        return []
    if sys.platform != "linux":
        return ["T4"]
    inside = any(Path(mark).exists() for mark in _CONTAINER_MARKS)
    return [tier for tier in _ORDER if tier != "T3" or inside]


def examine(tier: str) -> Examination:
    """Raise the walls of a tier and try to get out, in some twenty ways."""
    with contextlib.ExitStack() as stack:
        facts = stack.enter_context(_bait())
        worker = stack.enter_context(Worker("doctor", tier, Limits(timeout_s=20), imports=()))
        try:
            worker.open_bare()
            run = worker.run({}, **facts)
        except WorkerLostError as error:
            return Examination(tier, (), str(error))
        written = Path(facts["outside"], "written").exists()
        attempts = tuple(
            Attempt(line["attempt"], "stopped" in line, line.get("stopped") or line["reached"])
            for line in run.lines
        )
        if len(attempts) == len(ATTEMPTS) - 1:  # the last one becomes another program
            attempts += (Attempt(name_of(ATTEMPTS[-1]), stopped=False, said="another program"),)
        failure = "a file was written outside" if written and tier in _WITH_WALLS else ""
        if run.status != "done":
            failure = f"the examination ended as {run.status}"
        elif len(attempts) != len(ATTEMPTS):
            failure = f"only {len(attempts)} of {len(ATTEMPTS)} attempts were made"
        return Examination(tier, () if failure else attempts, failure)


@contextlib.contextmanager
def _bait() -> Iterator[dict[str, Any]]:
    """Give the block what an attempt could reach: a secret, a folder, servers, this process."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbook-bait-")))
        folder.chmod(0o777)  # what stops the attempt must be the wall, not a mode
        secret = folder / "secret"
        secret.write_text("the instructor's", encoding="utf-8")
        secret.chmod(0o666)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        local.listen()
        facts: dict[str, Any] = {
            "secret": str(secret),
            "outside": str(folder),
            "home": str(Path.home()),
            "port": server.getsockname()[1],
            "socket": str(folder / "socket"),
            "abstract": f"workbook-{os.getpid()}",
            "judge": os.getpid(),
        }
        if sys.platform == "linux":
            abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            abstract.bind(f"\0{facts['abstract']}")
            abstract.listen()
        yield facts
