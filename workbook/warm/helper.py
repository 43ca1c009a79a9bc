"""The user's side of a warm process: start it, ask it, hear its answers, end it.

Where there is no fork, a process serves one order, and the next one is started ahead: a stand-by.
"""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from types import MappingProxyType, TracebackType
from typing import Self

from workbook.warm.orders import Answer, Order, read_answer, stopped

DIED = "the process that runs the tests was ended from outside; the next check starts a new one"

_PATIENCE_S = 5.0


class Helper:
    """Carries out orders one at a time: a new one takes the place of the one before.

    `heard` is called with each answer, in another thread. `environment` is added to that of its
    processes. Ends them in `close()`.
    """

    def __init__(
        self,
        heard: Callable[[Answer], None] | None = None,
        *,
        forks: bool = hasattr(os, "fork"),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._own: SimpleQueue[Answer] = SimpleQueue()
        self._heard = heard or self._own.put
        self._forks = forks
        self._environment = environment
        self._numbers = itertools.count(1)
        self._current: _Process | None = None
        self._next = self._start()

    def _start(self) -> "_Process":
        return _Process(self._heard, self._environment, forks=self._forks)

    def __enter__(self) -> Self:
        """Return the helper."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the helper."""
        self.close()

    def send(self, order: Order) -> int:
        """Begin an order and return its number; its answer comes later."""
        number = next(self._numbers)
        if self._forks:
            if not self._next.send(number, order):
                self._next.close()
                self._next = self._start()
                self._next.send(number, order)
            return number
        if self._current:
            self._current.close()
        self._current, self._next = self._next, self._start()
        self._current.send(number, order)
        return number

    def ask(self, order: Order) -> Answer:
        """Return the answer to an order. For helpers without `heard`."""
        number = self.send(order)
        while (answer := self._own.get()).number != number:
            pass
        return answer

    def close(self) -> None:
        """End what is running."""
        for process in (self._current, self._next):
            if process:
                process.close()


class _Process:
    def __init__(
        self, heard: Callable[[Answer], None], environment: Mapping[str, str], *, forks: bool
    ) -> None:
        self._heard = heard
        self._forks = forks
        self._waiting: tuple[int, Order] | None = None
        self._closed = False
        self._timer: threading.Timer | None = None
        self._stopped = False
        arguments = [] if forks else ["--once"]
        self._process = subprocess.Popen(  # noqa: S603 - it is our own module
            [sys.executable, "-m", "workbook.warm", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at the terminal is not for it
            env={
                **os.environ,
                **environment,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def send(self, number: int, order: Order) -> bool:
        """Pass an order on; False when the process is not there any more."""
        self._waiting = (number, order)
        if not self._forks and order.all_s:  # with fork, the warm process itself keeps the limit
            self._timer = threading.Timer(order.all_s, self._stop)
            self._timer.daemon = True
            self._timer.start()
        try:
            assert self._process.stdin  # noqa: S101 - it is a pipe, see above
            self._process.stdin.write(order.to_line(number))
            self._process.stdin.flush()
        except OSError:
            self._waiting = None
            return False
        return True

    def _listen(self) -> None:
        assert self._process.stdout  # noqa: S101 - it is a pipe, see above
        for line in self._process.stdout:
            try:
                answer = read_answer(line)
            except (ValueError, TypeError):
                continue
            if self._waiting and answer.number == self._waiting[0]:
                self._waiting = None
            self._heard(answer)
        if self._waiting and not self._closed:
            (number, order), self._waiting = self._waiting, None
            self._heard(Answer(number, failure=stopped(order) if self._stopped else DIED))

    def _stop(self) -> None:
        self._stopped = True
        self._process.kill()

    def close(self) -> None:
        """End the process; what it has started ends with it."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        try:
            assert self._process.stdin  # noqa: S101 - it is a pipe, see above
            self._process.stdin.close()  # the end of its orders
        except OSError:
            pass
        if not self._forks:
            self._process.kill()
        try:
            self._process.wait(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(timeout=_PATIENCE_S)
        assert self._process.stdout  # noqa: S101 - it is a pipe, see above
        self._process.stdout.close()
