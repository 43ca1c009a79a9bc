"""The workers that grade one submission after the other, and how. Stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from workbook.curriculum import Lesson
from workbook.grade.expectation import Expectation, expect, with_extra
from workbook.grade.judge import judge
from workbook.grade.marks import Mark
from workbook.grade.submissions import Submission
from workbook.grade.workers import Limits, Run, Worker
from workbook.home import Home


@dataclass(frozen=True)
class Options:
    """How a cohort is graded."""

    tier: str
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    extra: Mapping[str, bytes] = field(default_factory=dict)  # an instructor's probes, by lesson


class Pair:
    """The two workers that one submission after the other goes through.

    A third one knows the instructor's own probe, where there is one: what it says stays inside.
    """

    def __init__(self, options: Options) -> None:
        self.points, self.feedback, self.hidden = (
            Worker(role, options.tier, options.limits) for role in ("points", "feedback", "points")
        )
        self._extra = options.extra

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.points.stop()
        self.feedback.stop()
        self.hidden.stop()

    def expect(self, lesson: Lesson, home: Home, seed: int) -> Expectation:
        """Return what is expected of a lesson; nothing of it stays in the workers."""
        expected = expect(lesson, home, seed, self.points, self.feedback)
        if probe := self._extra.get(lesson.slug):
            return with_extra(expected, probe, home, self.hidden)
        return expected

    def grade(self, expectation: Expectation, submission: Submission) -> Mark:
        """Run a submission in its workers and judge it.

        Raises:
            WorkerLostError: one of them is gone; the next call starts it anew.
        """
        for worker in (self.points, self.feedback):
            if worker.lesson is not expectation.lesson:
                worker.open(expectation.lesson, canaries=worker is self.feedback)
        asked = {"seeds": list(expectation.seeds), "read": bool(expectation.left)}
        points = self.points.run(submission.files, **asked)
        feedback = self.feedback.run(submission.files)
        return judge(expectation, points, feedback, self._hidden_run(expectation, submission))

    def _hidden_run(self, expectation: Expectation, submission: Submission) -> Run | None:
        if not expectation.probe:
            return None
        if self.hidden.lesson is not expectation.lesson:
            self.hidden.open(expectation.lesson, probe=expectation.probe)
        return self.hidden.run(submission.files, seeds=list(expectation.seeds))
