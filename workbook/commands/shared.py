"""What the learner's commands have in common: finding the lesson a person means."""

from dataclasses import dataclass

import click

from workbook.curriculum import CurriculumError, Lesson, find_lesson
from workbook.home import Home
from workbook.progress import Progress, load_progress
from workbook.workspace.place import learners_home, learners_lessons

WRONG_USE = 2


@dataclass
class Desk:
    """The lessons and where the learner stands in them."""

    home: Home
    lessons: list[Lesson]
    progress: Progress

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
