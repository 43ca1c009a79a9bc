"""The warm process: takes an order, forks, watches the child, answers. One order at a time.

Single-threaded, so that forking is safe. A new order ends the one that is running; the end of its
input ends everything. Never trusts a child: what it says is read as data, and it has a limit.
"""

import contextlib
import gc
import json
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from workbook.curriculum import CurriculumError
from workbook.warm.orders import (
    Answer,
    Order,
    Work,
    cannot_run,
    read_answer,
    read_order,
    stopped,
    write,
)
from workbook.warm.perform import load_libraries, perform
from workbook.warm.warmup import warm_up

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
    """Reads orders from one descriptor and writes answers to another, until the first one ends.

    It carries out what is like its first order, and hands any other back: see `lend`. Whatever its
    children leave behind is in `scratch`, and goes with each of them.
    """

    def __init__(self, orders: int, answers: int, back: int, scratch: Path) -> None:
        from workbook.warm import ahead, child  # noqa: PLC0415 - there is no such thing on Windows

        self._ahead = ahead
        self._child = child
        self._orders = orders
        self._answers = answers
        self._back = back
        self._wake, self._wake_writer = os.pipe()
        for end in (self._wake, self._wake_writer):
            os.set_blocking(end, False)
        self._received = bytearray()
        self._scratch = scratch
        self._handed_back = False
        self._running: _Running | None = None
        self._loaded: set[object] = set()
        self._ready: Work | None = None

    def serve(self, received: bytes) -> None:
        """Work until nobody can send an order any more, or one comes for another process.

        Hands that order back, and what was received after it.
        """
        self._received += received
        self._child.adopt_orphans()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        while b"\n" not in self._received:
            if not (data := os.read(self._orders, _READ)):
                return
            self._received += data
        _, first = read_order(bytes(self._received.partition(b"\n")[0]))
        self._key = self._ahead.key_of(first)
        if not self._made_ready(self._key.ready):
            self._work()
        if self._handed_back:
            write(self._back, bytes(self._received))

    def _made_ready(self, order: Order | None) -> bool:
        if order is None:
            return False

        def work(ready: Work) -> None:
            self._ready = ready
            gc.collect()
            gc.freeze()
            self._work()

        try:
            return self._ahead.make_ready(order, self._scratch, work)
        except (CurriculumError, OSError):  # each order will say so
            return False

    def _work(self) -> None:
        self._begin_received()
        while not self._handed_back and self._hear():
            self._look_after()
        self._stop()

    def _begin_received(self) -> None:
        while b"\n" in self._received and not self._handed_back:
            line, _, rest = self._received.partition(b"\n")
            number, order = read_order(bytes(line))
            if self._ahead.key_of(order) == self._key:
                self._received = rest
                self._begin(number, order)
            else:
                self._handed_back = True

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
        self._received += data
        self._begin_received()
        return bool(data)

    def _begin(self, number: int, order: Order) -> None:
        self._stop()
        if not self._ready and order.lesson not in self._loaded:
            self._loaded.add(order.lesson)
            load_libraries(order.lesson)
        ours = (self._orders, self._answers, self._back, self._wake, self._wake_writer)
        pid, pipe = self._child.fork(number, lambda: self._answer(number, order), ours)
        deadline = time.monotonic() + order.all_s if order.all_s else None
        self._running = _Running(number, order, pid, pipe, deadline)

    def _answer(self, number: int, order: Order) -> Answer:
        """Carry an order out; only a child does."""
        try:
            own = self._scratch / "tmp"
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.environ["TMPDIR"] = tempfile.tempdir = str(own)  # what it leaves behind is in it
            return self._ready(number) if self._ready else perform(number, order)
        except OSError as error:
            return Answer(number, failure=cannot_run(error))

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
        self._end(running)
        answer = Answer(running.number, failure=failure) if failure else _read(running)
        write(self._answers, answer.to_line())
        self._clear()

    def _stop(self) -> None:
        """End the child and everything it has started, if there is one."""
        if self._running:
            self._end(self._running)
            self._clear()

    def _end(self, running: _Running) -> None:
        self._running = None
        self._child.end(running.pid)
        os.close(running.pipe)

    def _clear(self) -> None:
        shutil.rmtree(self._scratch / "tmp", ignore_errors=True)


def _read(running: _Running) -> Answer:
    try:
        return read_answer(bytes(running.received))
    except (ValueError, TypeError, json.JSONDecodeError):
        return Answer(
            running.number,
            failure="the tests ended without a verdict: something ended their process, "
            "os._exit() or a signal, for example",
        )


def lend(orders: int, answers: int) -> None:
    """Lend both descriptors to one process after the other, until the orders end.

    Each is forked from this clean one, is made ready for one kind of order, and ends when another
    kind comes: what it has loaded would be in the way.
    """
    from workbook.warm import ahead, child  # noqa: PLC0415 - there is no such thing on Windows

    received = os.read(orders, _READ)
    while received:
        reading, writing = os.pipe()
        scratch = Path(ahead.place(), f"workbook-{secrets.token_hex(8)}")
        pid = os.fork()
        if not pid:
            status = 1
            try:
                os.close(reading)
                child.end_with_parent()
                Server(orders, answers, writing, scratch).serve(received)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with open(reading, "rb") as handed_back:  # noqa: PTH123 - it is no path
            received = handed_back.read()
        os.waitpid(pid, 0)
        shutil.rmtree(scratch, ignore_errors=True)


def main(*, forks: bool) -> None:
    """Serve standard input and output; without fork: one order, in this very process."""
    answers = os.dup(1)
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - it is no path of ours
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    load_libraries()
    if not forks:
        if line := sys.stdin.buffer.readline():
            os.write(answers, perform(*read_order(line)).to_line())
        return
    warm_up()
    gc.collect()
    gc.freeze()
    orders = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - the same
        os.dup2(nothing.fileno(), 0)
    lend(orders, answers)
