"""Watches one learner's process: what it says, how long it takes, how it ends, what it left.

It runs no learner's code and shares no memory with the process that does.
"""

import base64
import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.grade.worker.frames import decoded, write_frame
from workbook.grade.worker.left import tell
from workbook.grade.worker.walls import Walls

Task = Callable[[Mapping[str, Any], int], None]
LARGEST_ANSWER = 4 << 20
READER_S = 10.0
PATIENCE = 3  # so many times longer than it may compute, a process may take in all
_LOOK_MS = 250
_LONGEST_PAUSE_S = 0.05
_SCHEDULED = 2  # of the clocks of another process (clock_getcpuclockid) the one that counts all


@dataclass(frozen=True)
class End:
    """How a process ended: done, timeout, flooded, or the signal that killed it."""

    status: str
    code: int
    said: bytes
    seconds: float
    cpu_s: float
    rss_mib: float

    def to_data(self) -> dict[str, Any]:
        """Return what goes to the judge."""
        return vars(self) | {"said": base64.b64encode(self.said).decode()}


def supervise(
    request: Mapping[str, Any], walls: Walls, task: Task, orders: int, answers: int
) -> None:
    """Run one grading and answer with how it ended; `task` is what the learner's process does."""
    os.close(orders)
    walls.around_grading(decoded(request["files"]))
    reader = _Reader(walls, answers) if request.get("read") else None
    walls.before_learner()
    child, pipe = _fork(lambda out: _learner(request, walls, task, out), answers)
    end = _watch(child, pipe, request["timeout_s"], walls.is_full)
    answer = end.to_data()
    if reader:
        answer["left"] = reader.read().to_data()
    write_frame(answers, answer)


def _learner(request: Mapping[str, Any], walls: Walls, task: Task, out: int) -> None:
    walls.around_learner(keep=out)
    task(request, out)


class _Reader:
    """A process that waits until the learner's has ended, and then reads what it left behind.

    It was forked before: its memory has never seen the learner's code.
    """

    def __init__(self, walls: Walls, answers: int) -> None:
        gate, self._gate = os.pipe()
        self._child, self._pipe = _fork(lambda out: self._wait(walls, gate, out), answers)
        os.close(gate)

    def _wait(self, walls: Walls, gate: int, out: int) -> None:
        os.close(self._gate)
        if os.read(gate, 1):
            walls.around_learner(keep=out)
            tell(walls.scratch / "tmp" / "left", out)

    def read(self) -> End:
        """Open the gate; return what the reader says."""
        os.write(self._gate, b"!")
        os.close(self._gate)
        return _watch(self._child, self._pipe, READER_S, lambda: False)


def _fork(work: Callable[[int], None], answers: int) -> tuple[int, int]:
    """Start a process that does `work` with the writing end of a pipe; return it and the other."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        os.close(answers)
        os.setsid()
        work(writing)
        code = 0
    finally:
        os._exit(code)


class _Clock:
    """The time of one process. What counts is how long it computes: an honest one may have to wait.

    One that does nothing at all is out of time, too, in the end.
    """

    def __init__(self, child: int, compute_s: float) -> None:
        self.child = child
        self.compute_s = compute_s
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been there."""
        return time.monotonic() - self.started

    @property
    def is_over(self) -> bool:
        """Whether it had what it may take."""
        return self.seconds >= PATIENCE * self.compute_s or self._computed_s() >= self.compute_s

    def _computed_s(self) -> float:
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                return time.clock_gettime(~self.child << 3 | _SCHEDULED)
        return self.seconds  # nobody can tell


def _watch(child: int, pipe: int, compute_s: float, is_full: Callable[[], bool]) -> End:
    """Read what a process says until it ends; end it when it takes or says or stores too much."""
    clock = _Clock(child, compute_s)
    said, status = bytearray(), "done"
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while True:
        if clock.is_over:
            status = "timeout"
            break
        if not poll.poll(_LOOK_MS):
            if is_full():
                status = "flooded"
                break
            continue
        data = os.read(pipe, 1 << 16)
        if not data:
            break
        said += data
        if len(said) > LARGEST_ANSWER:
            status = "flooded"
            break
    code, usage = _end(clock, at_once=status != "done")
    if status == "done" and code is None:
        status = "timeout"  # it closed its end of the pipe, and went on
    os.close(pipe)
    return End(
        status if not (code and status == "done") else "died",
        code or 0,
        bytes(said[:LARGEST_ANSWER]),
        round(clock.seconds, 3),
        round(usage.ru_utime + usage.ru_stime, 3),
        round(usage.ru_maxrss / 1024, 1),
    )


def _end(clock: _Clock, *, at_once: bool) -> tuple[int | None, Any]:
    """Wait for a process and then kill it; return its exit code (None: it was killed)."""
    child, pause_s = clock.child, 0.0005
    while not at_once and not clock.is_over:
        pid, state, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(state), usage
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    os.kill(child, signal.SIGKILL)
    _, state, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(state)
    return (None if code == -signal.SIGKILL else code), usage
