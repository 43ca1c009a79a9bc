"""The warm process: takes an order, forks, watches the child, answers. One order at a time.

Single-threaded, so that forking is safe. A new order ends the one that is running; the end of its
input ends everything. Never trusts a child: what it says is read as data, and it has a limit.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass, field

from workbook.warm.orders import Answer, Order, read_answer, read_order, stopped
from workbook.warm.perform import load_libraries, perform

_READ = 1 << 16


@dataclass
class _Running:
    number: int
    order: Order
    pid: int
    pipe: int
    deadline: float | None
    received: bytearray = field(default_factory=bytearray)


class Server:
    """Reads orders from one descriptor and writes answers to another, until the first one ends."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders = orders
        self._answers = answers
        self._wake, self._wake_writer = os.pipe()
        for end in (self._wake, self._wake_writer):
            os.set_blocking(end, False)
        self._line = bytearray()
        self._running: _Running | None = None
        self._loaded: set[object] = set()

    def serve(self) -> None:
        """Work until nobody can send an order any more."""
        from workbook.warm import child  # noqa: PLC0415 - there is no such thing on Windows

        self._child = child
        child.adopt_orphans()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        while self._hear():
            self._look_after()
        self._stop()

    def _hear(self) -> bool:
        """Wait for an order, the end of a child or a limit; False when the orders have ended."""
        running = self._running
        left = None
        if running and running.deadline:
            left = max(running.deadline - time.monotonic(), 0)
        pipes = [running.pipe] if running else []
        ready, _, _ = select.select([self._orders, self._wake, *pipes], [], [], left)
        if self._wake in ready:
            os.read(self._wake, _READ)
        if running and running.pipe in ready and not self._receive(running):
            self._finish(running)  # its pipe is closed: it has said all
        if self._orders not in ready:
            return True
        data = os.read(self._orders, _READ)
        self._line += data
        while b"\n" in self._line:
            line, _, self._line = self._line.partition(b"\n")
            self._begin(*read_order(bytes(line)))
        return bool(data)

    def _begin(self, number: int, order: Order) -> None:
        self._stop()
        if order.lesson not in self._loaded:
            self._loaded.add(order.lesson)
            load_libraries(order.lesson)
        ours = (self._orders, self._answers, self._wake, self._wake_writer)
        pid, pipe = self._child.fork(number, order, ours)
        deadline = time.monotonic() + order.all_s if order.all_s else None
        self._running = _Running(number, order, pid, pipe, deadline)

    def _receive(self, running: _Running) -> bool:
        """Read what is there of an answer; False at its end."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(running.pipe, _READ):
                running.received += data
            return False
        return True

    def _look_after(self) -> None:
        """Answer for a child that has ended, and end one whose time is over."""
        running = self._running
        if running is None:
            return
        if os.waitpid(running.pid, os.WNOHANG) != (0, 0):
            self._receive(running)
            self._finish(running)
        elif running.deadline and time.monotonic() >= running.deadline:
            self._finish(running, stopped(running.order))

    def _finish(self, running: _Running, failure: str = "") -> None:
        self._stop()
        answer = Answer(running.number, failure=failure) if failure else _read(running)
        data = memoryview(answer.to_line())
        while data:
            data = data[os.write(self._answers, data) :]

    def _stop(self) -> None:
        """End the child and everything it has started, if there is one."""
        running, self._running = self._running, None
        if running is None:
            return
        self._child.end(running.pid)
        os.close(running.pipe)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, 0):
                pass


def _read(running: _Running) -> Answer:
    try:
        return read_answer(bytes(running.received))
    except (ValueError, TypeError, json.JSONDecodeError):
        return Answer(
            running.number,
            failure="the tests ended without a verdict: something ended their process, "
            "os._exit() or a signal, for example",
        )


def main(*, forks: bool) -> None:
    """Serve standard input and output; without fork: one order, in this very process."""
    answers = os.dup(1)
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - it is no path of ours
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    load_libraries()
    import gc  # noqa: PLC0415 - only a process that forks often gains from it

    gc.collect()
    gc.freeze()
    if forks:
        orders = os.dup(0)
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - the same
            os.dup2(nothing.fileno(), 0)
        Server(orders, answers).serve()
    elif line := sys.stdin.buffer.readline():
        os.write(answers, perform(*read_order(line)).to_line())
