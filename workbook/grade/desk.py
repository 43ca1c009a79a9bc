"""Threads that each have workers of their own, and take one submission after the other."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from workbook.grade.expectation import Expectation
from workbook.grade.marks import Mark, Receipt
from workbook.grade.pair import Pair
from workbook.grade.submissions import Learner, Submission
from workbook.grade.workers import WorkerLostError

ATTEMPTS = 3


@dataclass(frozen=True)
class Job:
    """One submission to grade. `receipt` says what its mark depends on."""

    learner: Learner
    submission: Submission
    receipt: Receipt


Answer = tuple[list[Job], Mark | None, str]


class Desk:
    """Grades the jobs of one lesson, as many at a time as there are pairs of workers."""

    def __init__(
        self, expectation: Expectation, jobs: Sequence[list[Job]], pairs: Sequence[Pair]
    ) -> None:
        self.expectation = expectation
        self._waiting: queue.SimpleQueue[list[Job]] = queue.SimpleQueue()
        for job in jobs:
            self._waiting.put(job)
        self._count = len(jobs)
        self._done: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(pair,), daemon=True)
            for pair in pairs[: len(jobs)]
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def results(self) -> Iterator[Answer]:
        """Yield what is done, as it is done."""
        for _ in range(self._count):
            yield self._done.get()

    def _work(self, pair: Pair) -> None:
        while not self._stop.is_set():
            try:
                twins = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._done.put((twins, *self._mark(twins[0].submission, pair)))

    def _mark(self, submission: Submission, pair: Pair) -> tuple[Mark | None, str]:
        """Return the mark, or the trouble. A worker that is lost is started anew, some times."""
        trouble = ""
        for _ in range(ATTEMPTS):
            try:
                return pair.grade(self.expectation, submission), ""
            except WorkerLostError as error:
                trouble = str(error)
            except Exception as error:  # noqa: BLE001 - a mistake of ours costs nobody points
                return None, f"{type(error).__name__}: {error}"
        return None, trouble
