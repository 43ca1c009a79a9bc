"""Watches one learner's process: what it says, how long it takes, how it ends, what it left.

It runs no learner's code and shares no memory with the process that does.
"""

import base64
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.grade.worker.frames import decoded, write_frame
from workbook.grade.worker.left import tell
from workbook.grade.worker.walls import Walls

Task = Callable[[Mapping[str, Any], int], None]
LARGEST_ANSWER = 4 << 20
READER_S = 5.0
_LOOK_MS = 250


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


def _watch(child: int, pipe: int, timeout_s: float, is_full: Callable[[], bool]) -> End:
    """Read what a process says until it ends; end it when it takes or says or stores too much."""
    started = time.monotonic()
    said, status = bytearray(), "done"
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    while True:
        left_ms = (started + timeout_s - time.monotonic()) * 1000
        if left_ms <= 0:
            status = "timeout"
            break
        if not poll.poll(min(left_ms, _LOOK_MS)):
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
    code, usage = _end(child, started + timeout_s if status == "done" else 0)
    if status == "done" and code is None:
        status = "timeout"  # it closed its end of the pipe, and went on
    seconds = time.monotonic() - started
    os.close(pipe)
    return End(
        status if not (code and status == "done") else "died",
        code or 0,
        bytes(said[:LARGEST_ANSWER]),
        round(seconds, 3),
        round(usage.ru_utime + usage.ru_stime, 3),
        round(usage.ru_maxrss / 1024, 1),
    )


def _end(child: int, until: float) -> tuple[int | None, Any]:
    """Wait for a process until then, and kill it; return its exit code (None: it was killed)."""
    while time.monotonic() < until:
        pid, state, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(state), usage
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    _, state, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(state)
    return (None if code == -signal.SIGKILL else code), usage
