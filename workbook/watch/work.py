"""What the warm process is asked, one thing after the other. A save goes first.

Knows which answer belongs to which question; never draws.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workbook.curriculum import Lesson
from workbook.derive import solution
from workbook.home import Home
from workbook.limit import limit_s
from workbook.warm.helper import Helper
from workbook.warm.orders import Answer, Order

Purpose = Literal["check", "check all", "reference", "predict"]


@dataclass(frozen=True)
class Job:
    """One question: the learner's tests, the reference's, or a prediction."""

    purpose: Purpose
    lesson: Lesson


class Work:
    """Asks a helper, and hands each answer to `done` with its job and its seconds."""

    def __init__(
        self, helper: Helper, home: Home, done: Callable[[Job, Answer, float], None]
    ) -> None:
        self._helper = helper
        self._home = home
        self._done = done
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._number = 0
        self._since = 0.0

    @property
    def checking(self) -> bool:
        """Say whether a check of the learner's file is on its way."""
        jobs = [self._running, *self._waiting]
        return any(job is not None and job.purpose == "check" for job in jobs)

    def check(self, lesson: Lesson) -> None:
        """Run the tests of the lesson at hand now; an older run is of no interest any more."""
        job = Job("check", lesson)
        self._waiting = deque(other for other in self._waiting if other.purpose != "check")
        if self._running and self._running.purpose != "check":
            self._waiting.appendleft(self._running)  # it begins anew afterwards
        self._begin(job)

    def ask(self, purpose: Purpose, lesson: Lesson) -> None:
        """Ask for something that can wait for its turn."""
        job = Job(purpose, lesson)
        if job != self._running and job not in self._waiting:
            self._waiting.append(job)
        if self._running is None:
            self._begin(self._waiting.popleft())

    def heard(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        if self._running is None or answer.number != self._number:
            return
        job, self._running = self._running, None
        self._done(job, answer, time.monotonic() - self._since)
        if self._running is None and self._waiting:
            self._begin(self._waiting.popleft())

    def _begin(self, job: Job) -> None:
        self._running, self._since = job, time.monotonic()
        folder, limit = job.lesson.folder, limit_s()
        match job.purpose:
            case "check" | "check all":
                order = Order(folder, limit_s=limit)
            case "reference":
                order = Order(folder, texts=solution(job.lesson, self._home), limit_s=limit)
            case "predict":
                texts = solution(job.lesson, self._home) if self._home.has_solutions else {}
                order = Order(folder, "predict", texts=texts, limit_s=limit)
        self._number = self._helper.send(order)
