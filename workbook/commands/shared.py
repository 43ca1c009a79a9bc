"""What the learner's commands have in common: finding the lesson a person means."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click

from workbook.curriculum import HINT_LEVELS, CurriculumError, Lesson, find_lesson
from workbook.home import Home
from workbook.limit import limit_s
from workbook.progress import Progress, load_progress
from workbook.text import Line, plain
from workbook.verdict import Verdict
from workbook.workspace.place import learners_home, learners_lessons

WRONG_USE = 2
LESSON = click.argument("lesson", required=False, metavar="[LESSON]")


def has_terminal() -> bool:
    """Say whether a person sits at both ends: keys can be read, and a screen drawn."""
    try:
        both = sys.stdin.isatty() and sys.stdout.isatty()
    except (AttributeError, ValueError):  # closed, or none at all
        return False
    return both and os.environ.get("TERM") != "dumb"


def _complain(text: str) -> None:
    click.echo(text, err=True)


@dataclass
class Desk:
    """The lessons and where the learner stands in them."""

    home: Home
    lessons: list[Lesson]
    progress: Progress
    complain: Callable[[str], None] = _complain

    @property
    def current(self) -> Lesson:
        """The lesson at hand: the one chosen last, else the first that has not passed."""
        chosen = find_lesson(self.lessons, self.progress.current)
        return chosen or self.open_after(None) or self.lessons[-1]

    def open_after(self, lesson: Lesson | None) -> Lesson | None:
        """Return the first lesson behind this one that has not passed."""
        behind = [x for x in self.lessons if lesson is None or x.number > lesson.number]
        return next((x for x in behind if x.slug not in self.progress.passed), None)

    def lesson(self, word: str | None) -> Lesson:
        """Return the lesson a person means; the current one without a word.

        Raises:
            click.UsageError: there is no such lesson; the message lists what there is.
        """
        if word is None:
            return self.current
        found = find_lesson(self.lessons, word)
        if found is None:
            known = ", ".join(lesson.slug for lesson in self.lessons)
            raise click.UsageError(f"no lesson {word!r}. There is: {known}")
        return found

    def task(self, word: str | None) -> tuple[Lesson, int]:
        """Return the lesson and the task a person means by `2.1`; 0 when no task is named.

        Raises:
            click.UsageError: there is no such task; the message lists what there is.
        """
        name, _, number = (word or "").partition(".")
        lesson = self.lesson(name or None)
        if number and not (number.isdigit() and 1 <= int(number) <= len(lesson.tasks)):
            labels = ", ".join(lesson.label(task.number) for task in lesson.tasks)
            raise click.UsageError(f"no task {word!r}. {lesson.slug} has: {labels}")
        return lesson, int(number or 0)

    def remember(self, lesson: Lesson, verdict: Verdict, *, move: bool = True) -> Verdict:
        """Note what came of a check; return the verdict that knows what was green before."""
        before = self.progress.green.get(lesson.slug, [])

        def note(progress: Progress) -> None:
            progress.set_passed(lesson.slug, passed=verdict.passed)
            progress.green[lesson.slug] = sorted({*before, *verdict.green})
            progress.current = lesson.slug if move else progress.current

        self._update(note)
        return verdict.since(before)

    def go_to(self, lesson: Lesson) -> None:
        """Make this lesson the one at hand."""
        self._update(lambda progress: setattr(progress, "current", lesson.slug))

    def forget(self, lesson: Lesson) -> None:
        """Note that a lesson begins anew; the hints that were opened stay open."""

        def note(progress: Progress) -> None:
            progress.set_passed(lesson.slug, passed=False)
            progress.green.pop(lesson.slug, None)

        self._update(note)

    def open_hint(self, label: str) -> int:
        """Open one more hint of a task; return how many are open."""
        level = min(self.progress.hints.get(label, 0) + 1, HINT_LEVELS)
        self._update(lambda progress: progress.hints.__setitem__(label, level))
        return level

    def predicted(self, lesson: Lesson, answer: str) -> None:
        """Note what was answered to a lesson's prediction; "" when it was skipped."""
        self._update(lambda progress: progress.predicted.__setitem__(lesson.slug, answer))

    def _update(self, change: Callable[[Progress], None]) -> None:
        try:
            self.progress.update(change)
        except OSError as error:
            change(self.progress)
            self.complain(f"your progress was not saved: {error.strerror or error}")


def open_desk() -> Desk:
    """Return the learner's desk.

    Raises:
        click.UsageError: there are no lessons here, or one of them is damaged.
    """
    try:
        home = learners_home()
        lessons = learners_lessons(home)
    except (FileNotFoundError, CurriculumError) as error:
        raise click.UsageError(str(error)) from None
    if not lessons:
        raise click.UsageError(f"{home.lessons} holds no lessons")
    return Desk(home, lessons, load_progress(home))


def show(lines: Iterable[Line]) -> None:
    """Print lines: with colours and links on a terminal, plain everywhere else."""
    lines = list(lines)
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        from workbook.watch.terminal import Terminal  # noqa: PLC0415 - a pipe has no colours

        texts: Iterable[str] = map(Terminal().paint, lines)
    else:
        texts = plain(lines)
    for text in texts:
        click.echo(text)


def check(desk: Desk, lesson: Lesson, *, postgres: bool = False) -> Verdict:
    """Run a lesson's tests and remember what came of them.

    Raises:
        click.ClickException: the tests could not be run.
    """
    from workbook.check import CheckError, run  # noqa: PLC0415 - it loads pytest and SQLAlchemy

    try:
        verdict = run(lesson, limit_s=limit_s(), postgres=postgres)
    except CheckError as error:
        raise click.ClickException(str(error)) from None
    return desk.remember(lesson, verdict)
