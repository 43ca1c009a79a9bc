"""What each key does. Every action has a plain command that does the same."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from workbook import difference, statements
from workbook.curriculum import HINT_LEVELS, Lesson
from workbook.home import command, shown
from workbook.reset import reset_lesson
from workbook.text import BLANK, Line, Part, line
from workbook.watch import views
from workbook.watch.checks import Checks
from workbook.watch.editor import EditorError, open_editor
from workbook.watch.keys import Keyboard
from workbook.watch.lists import Lessons
from workbook.watch.state import State
from workbook.watch.views import Page, Question

_SCREEN = 10  # lines that one key scrolls
_BACK = (("escape", "back"),)
Action = Callable[[], None]


class Actions:
    """The keys of the watcher, by their names."""

    def __init__(self, state: State, checks: Checks, keyboard: Keyboard) -> None:
        self._state = state
        self._checks = checks
        self._keyboard = keyboard
        back = lambda: state.show(None)  # noqa: E731 - it has two names below
        self._keys: dict[str, Action] = {
            "n": self.next,
            "h": self.hint,
            "s": self.statements,
            "l": self.list,
            "c": self.check_all,
            "d": self.diff,
            "x": lambda: self.ask_reset(state.lesson),
            "e": self.edit,
            "r": checks.check,
            "w": self._after_success(self.why),
            "p": self._after_success(self.explain),
            "?": lambda: self._flip("help", lambda width: views.helping(command(), width)),
            "q": state.quit,
            "ctrl-c": state.quit,
            "ctrl-d": state.quit,
            "ctrl-z": self.suspend,
            "escape": back,
            "enter": back,
            "up": lambda: state.scroll(-1),
            "down": lambda: state.scroll(1),
            "page up": lambda: state.scroll(-_SCREEN),
            "page down": lambda: state.scroll(_SCREEN),
            " ": lambda: state.scroll(_SCREEN),
        }

    def press(self, name: str) -> None:
        """Do what a key means: to what is shown, else to the watcher; else nothing."""
        self._state.say("")
        view = self._state.view
        if not (view and view.key(name)) and name in self._keys:
            self._keys[name]()

    def next(self) -> None:
        """Go to the next open lesson, when this one has passed."""
        state = self._state
        if not state.passed or self._checks.work.checking:
            state.say("n goes on when this lesson has passed; l jumps to any other")
            return
        following = state.desk.open_after(state.lesson) or state.desk.open_after(None)
        if following is None:
            state.say("every lesson has passed. Well done.")
            return
        self._checks.open(following)

    def hint(self) -> None:
        """Open one more hint of the task at hand; after success, those that were not needed."""
        state, lesson = self._state, self._state.lesson
        if state.passed:
            opened = state.desk.progress.hints
            self._flip("hints", lambda width: views.unneeded_hints(lesson, opened, width))
            return
        number = state.task.number if state.task else 1
        label = lesson.label(number)
        name = f"hint {label}"
        level = state.desk.progress.hints.get(label, 0)
        if level == 0 or (state.view and state.view.name == name):
            level = state.desk.open_hint(label)
        more = (("h", "more"),) if level < HINT_LEVELS else ()
        make = lambda width: views.hints(lesson, number, level, width)  # noqa: E731 - one line
        state.show(Page(name, make, (*more, *_BACK)))

    def statements(self) -> None:
        """Show what was sent; after success, beside what the reference sends."""
        state = self._state
        if state.verdict is None:
            state.say("there is no verdict yet")
            return
        if state.passed and state.reference is None and state.desk.home.has_solutions:
            self._checks.work.ask("reference", state.lesson)
        self._flip("statements", self._sent)

    def _sent(self, width: int) -> Iterator[Line]:
        verdict = self._state.verdict
        if verdict is None:
            return
        if self._state.reference:
            yield from statements.beside(verdict, self._state.reference, width)
            yield BLANK
        elif verdict.passed and self._state.desk.home.has_solutions:
            yield line(Part("  running the reference …", "quiet"))
            yield BLANK
        cause = verdict.root_cause
        first = next((t for t in verdict.tasks if cause and t.number == cause.task), None)
        yield from statements.of_verdict(verdict, first or verdict.current, width)

    def list(self) -> None:
        """Show all lessons, to search, jump and reset."""
        state = self._state
        self._state.show(
            Lessons(
                lessons=state.desk.lessons,
                passed=lambda: state.desk.progress.passed,
                current=state.lesson,
                jump=self._checks.open,
                reset=self.ask_reset,
                close=lambda: state.show(None),
            )
        )

    def check_all(self) -> None:
        """Run the tests of every lesson and show what comes."""
        self._checks.check_all()
        state = self._state
        make = lambda _: views.all_lessons(  # noqa: E731 - it is drawn again with each answer
            state.desk.lessons, state.all_lessons, state.desk.progress.passed
        )
        state.show(Page("all", make, _BACK))

    def diff(self) -> None:
        """Show what was changed since the starter."""
        state = self._state
        self._flip("diff", lambda _: difference.against_starter(state.lesson, state.desk.home))

    def ask_reset(self, lesson: Lesson) -> None:
        """Bring a starter back, if the learner says yes."""
        names = " and ".join(file.name for file in lesson.files)
        text = f"Bring the starter of {lesson.slug} back? Your {names} will be kept beside it."
        before = self._state.view
        no = lambda: self._state.show(before)  # noqa: E731 - one line
        self._state.show(Question("reset", text, lambda: self._reset(lesson), no))

    def _reset(self, lesson: Lesson) -> None:
        state = self._state
        state.show(None)
        try:
            said = list(reset_lesson(lesson, state.desk.home))
        except OSError as error:
            state.say(f"nothing was reset: {error.strerror or error}")
            return
        state.desk.forget(lesson)
        state.say("; ".join(said))
        if lesson is state.lesson:
            self._checks.check()

    def edit(self) -> None:
        """Open the file at the task in the learner's editor."""
        task = self._state.task
        path, number = self._state.files[0], 1
        if task and task.place:
            path, number = Path(task.place.file), task.place.line
        with self._keyboard.paused():
            try:
                open_editor(path, number)
            except EditorError as error:
                self._state.say(str(error))

    def why(self) -> None:
        """Show the solution's note with its alternative."""
        if not self._state.desk.home.has_solutions:
            self._state.say("this edition has no solutions")
            return
        page = self._state.desk.home.solutions / self._state.lesson.slug / "README.md"

        def read(width: int) -> Iterator[Line]:
            yield line(Part(f"  {shown(page)}", "quiet", str(page)))
            yield BLANK
            yield from views.document(page.read_text(encoding="utf-8"), width)

        self._flip("why", read)

    def explain(self) -> None:
        """Show three points to compare the own explanation with."""
        self._flip("explain", lambda width: views.explanation(self._state.lesson, width))

    def suspend(self) -> None:
        """Give the terminal to the shell until `fg`."""
        if hasattr(signal, "SIGTSTP"):
            with self._keyboard.paused():
                os.kill(os.getpid(), signal.SIGTSTP)

    def _after_success(self, action: Action) -> Action:
        def maybe() -> None:
            if self._state.passed:
                action()
            else:
                self._state.say("this opens when the lesson has passed")

        return maybe

    def _flip(self, name: str, make: Callable[[int], Iterable[Line]]) -> None:
        """Show a page, or go back when it is shown already."""
        shown_now = self._state.view is not None and self._state.view.name == name
        self._state.show(None if shown_now else Page(name, make, _BACK))
