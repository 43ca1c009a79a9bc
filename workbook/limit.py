"""A limit on the wall-clock time of one test. Where the system has no such timer, there is none."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DEFAULT_S = 10.0
_AGAIN_S = 1.0  # code that swallows the first one is interrupted once more


def limit_s() -> float:
    """Return the seconds that one test may take: WORKBOOK_TIME_LIMIT, or 10."""
    try:
        return max(float(os.environ.get("WORKBOOK_TIME_LIMIT", DEFAULT_S)), 0.0)
    except ValueError:
        return DEFAULT_S


class OutOfTime(BaseException):
    """The time is over. Not an Exception, so that `except Exception` does not swallow it."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        super().__init__(
            f"not finished after {limit_s:g} s, so it was stopped: "
            "is there a loop that does not end?"
        )


@contextmanager
def at_most(limit_s: float) -> Iterator[None]:
    """Raise OutOfTime in the block when it takes longer; 0 means no limit."""
    possible = (
        hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    )
    if not limit_s or not possible:
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime(limit_s)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
