"""Opening a lesson, checking it, and what becomes of the answers."""

from datetime import datetime

from workbook.curriculum import Lesson
from workbook.text import Part
from workbook.verdict import from_data
from workbook.warm.orders import Answer
from workbook.watch.files import Files
from workbook.watch.state import State
from workbook.watch.views import Opening
from workbook.watch.work import Job, Work


class Checks:
    """Keeps the verdict of the lesson at hand up to date."""

    work: Work  # set before the first use: it reports to `answered`

    def __init__(self, state: State, files: Files) -> None:
        self._state = state
        self._files = files

    def open(self, lesson: Lesson) -> None:
        """Go to a lesson: its prediction first, unless it was asked before; check it meanwhile."""
        state = self._state
        state.lesson = lesson
        state.verdict = state.reference = None
        state.failure = state.notice = ""
        self._files.watch(state.files)
        state.show(None)
        if lesson.slug not in state.desk.progress.predicted:
            self._predict(lesson)
        state.desk.go_to(lesson)
        self.check()

    def saved(self) -> None:
        """Check what was saved, and show its verdict."""
        if not isinstance(self._state.view, Opening):
            self._state.show(None)
        self.check()

    def check(self) -> None:
        """Run the tests of the lesson at hand; it is announced at once."""
        self._state.status = Part("checking …", "here")
        self.work.check(self._state.lesson)

    def check_all(self) -> None:
        """Run the tests of every lesson, one after the other."""
        self._state.all_lessons = {}
        for lesson in self._state.desk.lessons:
            self.work.ask("check all", lesson)

    def _predict(self, lesson: Lesson) -> None:
        state = self._state

        def answered(choice: str) -> None:
            state.desk.predicted(lesson, choice)
            self.work.ask("predict", lesson)

        def closed() -> None:
            if not view.chosen:
                state.desk.predicted(lesson, "")
            state.show(None)

        view = Opening(lesson, answered, closed)
        state.show(view)

    def answered(self, job: Job, answer: Answer, seconds: float) -> None:
        """Take what came of a job."""
        state = self._state
        match job.purpose:
            case "check" if job.lesson is state.lesson:
                self._checked(answer, seconds)
            case "check all":
                self._checked_one_of_all(job.lesson, answer)
            case "reference" if answer.data and job.lesson is state.lesson:
                state.reference = from_data(answer.data)
            case "predict" if isinstance(state.view, Opening):
                state.view.came = answer.failure or str(answer.data)

    def _checked(self, answer: Answer, seconds: float) -> None:
        state = self._state
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        state.status = Part(f"checked {now}, {1000 * seconds:.0f} ms", "quiet")
        state.failure = answer.failure
        state.verdict = None
        state.top = 0
        if not answer.failure:
            state.verdict = state.desk.remember(state.lesson, from_data(answer.data))

    def _checked_one_of_all(self, lesson: Lesson, answer: Answer) -> None:
        state = self._state
        if answer.failure:
            state.all_lessons[lesson.slug] = answer.failure.partition("\n")[0]
            return
        verdict = state.desk.remember(lesson, from_data(answer.data), move=False)
        state.all_lessons[lesson.slug] = f"{verdict.earned} of {len(verdict.tasks)} tasks"
