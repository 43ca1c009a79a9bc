"""The child that carries out one order. It holds nothing of its parent that could be harmed."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from workbook.warm.orders import Answer, write

LONGEST_FILE = 256 * 1024 * 1024  # bytes: a file, or an output, that grows without end
_PAUSE_S = 0.001
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def fork(number: int, work: Callable[[], Answer], parents: Iterable[int]) -> tuple[int, int]:
    """Start a child for the order of this number; return its process id and its answer's pipe.

    `parents` are the descriptors that belong to the parent alone.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        os.set_blocking(reading, False)
        return pid, reading
    status = 1
    try:
        _shield([*parents, reading])
        answer = _answer(number, work)
        write(writing, answer.to_line())
        status = 0
    finally:
        os._exit(status)  # nothing of the parent's clean-up may run here


def _shield(parents: Iterable[int]) -> None:
    os.setsid()  # no terminal, and a group that can be ended as a whole
    for descriptor in parents:
        os.close(descriptor)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    end_with_parent()
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    most = LONGEST_FILE if hard == resource.RLIM_INFINITY else min(LONGEST_FILE, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(number: int, work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except BaseException as error:  # noqa: BLE001 - whatever came out of a learner's code
        return Answer(number, failure=f"the tests were ended by {type(error).__name__}: {error}")


def end_with_parent() -> None:
    """Let the system end this process when its parent ends, where it can do that (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of what a child leaves behind, where the system can do that (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def end(pid: int) -> None:
    """End the child, its group, and on Linux whatever it has started besides; wait for all."""
    _kill(pid)
    with contextlib.suppress(ChildProcessError):
        while True:
            for orphan in _orphans():  # some come to us only when their parent has ended
                _kill(orphan)
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(_PAUSE_S)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _orphans() -> list[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        return [int(word) for word in children.split()]
    return []
