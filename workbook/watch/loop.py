"""The watcher itself: what each event means, and what is shown. Runs in one thread."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

from workbook import difference, report, statements
from workbook.commands.shared import Desk
from workbook.curriculum import HINT_LEVELS, Lesson
from workbook.home import command, shown
from workbook.reset import reset_lesson
from workbook.text import BLANK, Line, Part, line, wrapped
from workbook.verdict import Verdict, from_data
from workbook.warm.orders import Answer
from workbook.watch import views
from workbook.watch.editor import EditorError, open_editor
from workbook.watch.events import Ended, Event, Heard, Key, Noticed, Resized, Saved
from workbook.watch.files import Files
from workbook.watch.keys import Keyboard
from workbook.watch.lists import Lessons
from workbook.watch.screen import Footer, compose
from workbook.watch.terminal import Terminal
from workbook.watch.views import Opening, Page, Question, View
from workbook.watch.work import Job, Work

_PAGE = 10  # lines that one key scrolls


class Watcher:
    """One learner at one lesson. Ends with `q`; everything is stored as it happens."""

    def __init__(
        self,
        desk: Desk,
        terminal: Terminal,
        files: Files,
        keyboard: Keyboard,
        events: SimpleQueue[Event],
    ) -> None:
        self._desk = desk
        desk.complain = self._say
        self._terminal = terminal
        self._files = files
        self._keyboard = keyboard
        self._events = events
        self._lesson = desk.current
        self._verdict: Verdict | None = None
        self._reference: Verdict | None = None
        self._failure = ""
        self._view: View | None = None
        self._top = 0
        self._status = Part("")
        self._notice = ""  # until the next key
        self._standing = ""  # a notice that stays
        self._ended = False
        self._all: dict[str, str] = {}

    def run(self, work: Work) -> None:
        """Show the lesson at hand, and handle events until one of them ends it."""
        self._work = work
        self._open(self._lesson)
        while not self._ended:
            self._draw()
            self._handle(self._events.get())
            while not self._events.empty():  # what came meanwhile is drawn once
                self._handle(self._events.get())
        self._draw()

    def _handle(self, event: Event) -> None:
        match event:
            case Key(name):
                self._key(name)
            case Saved():
                self._saved()
            case Heard(answer):
                self._work.heard(answer)
            case Noticed(text):
                self._standing = text
            case Resized():
                pass  # it is drawn anew in any case
            case Ended():
                self._ended = True

    # Lessons and their checks.

    def _open(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._verdict = self._reference = None
        self._failure = self._notice = ""
        self._files.watch([lesson.folder / file.name for file in lesson.files])
        self._show(None)
        if lesson.slug not in self._desk.progress.predicted:
            self._predict()
        self._desk.go_to(lesson)
        self._check()

    def _saved(self) -> None:
        if not isinstance(self._view, Opening):
            self._show(None)
        self._check()

    def _check(self) -> None:
        self._status = Part("checking …", "here")
        self._work.check(self._lesson)

    def answered(self, job: Job, answer: Answer, seconds: float) -> None:
        """Take what came of a job."""
        match job.purpose:
            case "check":
                self._checked(job.lesson, answer, seconds)
            case "check all":
                self._checked_one_of_all(job.lesson, answer)
            case "reference" if answer.data:
                self._reference = from_data(answer.data)
            case "predict" if isinstance(self._view, Opening):
                self._view.came = answer.failure or str(answer.data)

    def _checked(self, lesson: Lesson, answer: Answer, seconds: float) -> None:
        if lesson is not self._lesson:
            return
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        self._status = Part(f"checked {now}, {1000 * seconds:.0f} ms", "quiet")
        self._failure = answer.failure
        if answer.failure:
            self._verdict = None
        else:
            self._verdict = self._desk.remember(lesson, from_data(answer.data))
        self._top = 0

    # What the keys do.

    def _key(self, name: str) -> None:
        self._notice = ""
        if self._view and self._view.key(name):
            return
        action = self._actions().get(name)
        if action:
            action()

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "n": self._next,
            "h": self._hint,
            "s": self._statements,
            "l": self._list,
            "c": self._check_all,
            "d": self._toggle("diff", lambda _: difference.against_starter(self._lesson, self._desk.home)),
            "x": lambda: self._ask_reset(self._lesson),
            "e": self._edit,
            "r": self._check,
            "w": self._after_success(self._why),
            "p": self._after_success(self._explain),
            "?": self._toggle("help", lambda width: views.helping(command(), width)),
            "q": self._quit,
            "ctrl-c": self._quit,
            "ctrl-d": self._quit,
            "ctrl-z": self._suspend,
            "escape": lambda: self._show(None),
            "enter": lambda: self._show(None),
            "up": lambda: self._scroll(-1),
            "down": lambda: self._scroll(1),
            "page up": lambda: self._scroll(-_PAGE),
            "page down": lambda: self._scroll(_PAGE),
            " ": lambda: self._scroll(_PAGE),
        }

    def _quit(self) -> None:
        self._ended = True

    def _next(self) -> None:
        if self._verdict is None or not self._verdict.passed or self._work.checking:
            self._say("n goes on when this lesson has passed; l jumps to any other")
            return
        following = self._desk.open_after(self._lesson) or self._desk.open_after(None)
        if following is None:
            self._say("every lesson has passed. Well done.")
            return
        self._open(following)

    def _hint(self) -> None:
        if self._verdict and self._verdict.passed:
            opened = self._desk.progress.hints
            self._flip("hints", lambda width: views.unneeded_hints(self._lesson, opened, width))
            return
        task = self._verdict.current if self._verdict else None
        number = task.number if task else 1
        label = self._lesson.label(number)
        level = self._desk.progress.hints.get(label, 0)
        if level == 0 or (self._view and self._view.name == f"hint {label}"):
            level = self._desk.open_hint(label)
        more = (("h", "more"),) if level < HINT_LEVELS else ()
        lesson = self._lesson
        make = lambda width: views.hints(lesson, number, level, width)  # noqa: E731 - one line
        self._show(Page(f"hint {label}", make, (*more, ("escape", "back"))))

    def _statements(self) -> None:
        if self._verdict is None:
            self._say("there is no verdict yet")
            return
        if self._verdict.passed and self._reference is None:
            self._work.ask("reference", self._lesson)
        self._flip("statements", self._sent)

    def _sent(self, width: int) -> Iterator[Line]:
        verdict = self._verdict
        if verdict is None:
            return
        cause = verdict.root_cause
        task = next((t for t in verdict.tasks if cause and t.number == cause.task), None)
        yield from statements.of_verdict(verdict, task or verdict.current, width)
        if verdict.passed:
            yield BLANK
            if self._reference is None:
                yield line(Part("  running the reference …", "quiet"))
            else:
                yield from statements.beside(verdict, self._reference, width)

    def _list(self) -> None:
        back = lambda: self._show(None)  # noqa: E731 - one line
        lessons = self._desk.lessons
        passed = lambda: self._desk.progress.passed  # noqa: E731 - the list is drawn again and again
        self._show(Lessons(lessons, passed, self._lesson, self._open, self._ask_reset, back))

    def _check_all(self) -> None:
        self._all = {}
        for lesson in self._desk.lessons:
            self._work.ask("check all", lesson)
        self._show(Page("all", self._all_lines, (("escape", "back"),)))

    def _checked_one_of_all(self, lesson: Lesson, answer: Answer) -> None:
        if answer.failure:
            self._all[lesson.slug] = answer.failure.partition("\n")[0]
            return
        verdict = self._desk.remember(lesson, from_data(answer.data), move=False)
        self._all[lesson.slug] = f"{verdict.earned} of {len(verdict.tasks)} tasks"

    def _all_lines(self, _width: int) -> Iterator[Line]:
        yield line(Part("  All lessons", "strong"))
        yield BLANK
        for lesson in self._desk.lessons:
            came = self._all.get(lesson.slug, "…")
            passed = came != "…" and lesson.slug in self._desk.progress.passed
            yield line(Part("  ok" if passed else "    ", "good"), f"  {lesson.slug:<24} {came}")

    def _ask_reset(self, lesson: Lesson) -> None:
        names = " and ".join(file.name for file in lesson.files)
        text = f"Bring the starter of {lesson.slug} back? Your {names} will be kept beside it."
        view = self._view

        def reset() -> None:
            self._show(None)
            try:
                said = list(reset_lesson(lesson, self._desk.home))
            except OSError as error:
                self._say(f"nothing was reset: {error.strerror or error}")
                return
            self._desk.forget(lesson)
            self._say("; ".join(said))
            if lesson is self._lesson:
                self._check()

        self._show(Question("reset", text, reset, lambda: self._show(view)))

    def _edit(self) -> None:
        place = self._place()
        path, number = place
        with self._keyboard.paused():
            try:
                open_editor(path, number)
            except EditorError as error:
                self._say(str(error))

    def _place(self) -> tuple[Path, int]:
        task = self._verdict.current if self._verdict else None
        if task and task.place:
            return Path(task.place.file), task.place.line
        return self._lesson.folder / self._lesson.files[0].name, 1

    def _predict(self) -> None:
        lesson = self._lesson

        def answered(choice: str) -> None:
            self._desk.predicted(lesson, choice)
            self._work.ask("predict", lesson)

        def skipped() -> None:
            if not view.chosen:
                self._desk.predicted(lesson, "")
            self._show(None)

        view = Opening(lesson, answered, skipped)
        self._show(view)

    def _why(self) -> None:
        page = self._desk.home.solutions / self._lesson.slug / "README.md"

        def read(width: int) -> Iterator[Line]:
            yield line(Part(f"  {shown(page)}", "quiet", str(page)))
            yield BLANK
            yield from views.document(page.read_text(encoding="utf-8"), width)

        self._flip("why", read)

    def _explain(self) -> None:
        self._flip("explain", lambda width: views.explanation(self._lesson, width))

    def _after_success(self, action: Callable[[], None]) -> Callable[[], None]:
        def maybe() -> None:
            if self._verdict and self._verdict.passed:
                action()
            else:
                self._say("this opens when the lesson has passed")

        return maybe

    def _suspend(self) -> None:
        import os  # noqa: PLC0415 - rarely needed
        import signal  # noqa: PLC0415 - the same

        if hasattr(signal, "SIGTSTP"):
            with self._keyboard.paused():
                os.kill(os.getpid(), signal.SIGTSTP)

    # What is shown.

    def _say(self, text: str) -> None:
        self._notice = text

    def _toggle(self, name: str, make: Callable[[int], Iterable[Line]]) -> Callable[[], None]:
        return lambda: self._flip(name, make)

    def _flip(self, name: str, make: Callable[[int], Iterable[Line]]) -> None:
        shown_now = self._view is not None and self._view.name == name
        self._show(None if shown_now else Page(name, make, (("escape", "back"),)))

    def _show(self, view: View | None) -> None:
        self._view, self._top = view, 0

    def _scroll(self, by: int) -> None:
        self._top = max(self._top + by, 0)

    def _draw(self) -> None:
        size, footer = self._terminal.size, self._footer()
        drawn: list[Line] = []
        for low in (False, True):  # the first layout that fits, else the last one
            body = [BLANK, *(self._view.lines(size[0]) if self._view else self._main(size[0], low))]
            drawn, top = compose(body, footer, size, self._top, self._terminal.bar)
            if len(body) <= size[1] - 4 or self._view:
                break
        self._top = top
        self._terminal.draw(drawn)

    def _main(self, width: int, low: bool) -> Iterator[Line]:
        if self._failure:
            yield line(f"  {self._lesson.slug}  {self._lesson.title}")
            yield BLANK
            yield from wrapped(self._failure, width, "  ", "bad")
            yield BLANK
            yield line("  Save the file again, or press r, to run the tests once more.")
        elif self._verdict is None:
            yield line(f"  {self._lesson.slug}  {self._lesson.title}")
            yield BLANK
            yield line(Part("  checking …", "here"))
        elif self._verdict.passed:
            yield from report.title(self._verdict, width, "  ")
            yield from report.tasks(self._verdict)
            yield from report.passed(self._verdict, width)
        else:
            yield from report.lines(self._verdict, width, low=low, indent="  ")

    def _footer(self) -> Footer:
        path = self._lesson.folder / self._lesson.files[0].name
        passed = self._desk.progress.passed
        return Footer(
            done=sum(lesson.slug in passed for lesson in self._desk.lessons),
            lessons=len(self._desk.lessons),
            path=shown(path),
            link=str(path),
            status=self._status,
            notice=self._notice or self._standing,
            keys=self._view.keys if self._view and self._view.keys else self._keys(),
        )

    def _keys(self) -> list[tuple[str, str]]:
        usual = [("l", "list"), ("c", "check all"), ("d", "diff"), ("x", "reset"), ("e", "edit")]
        usual += [("?", "help"), ("q", "quit")]
        if self._verdict and self._verdict.passed and not self._work.checking:
            after = [("n", "next"), ("s", "your SQL and ours"), ("w", "why"), ("p", "3 points")]
            return [*after, ("h", "unneeded hints"), *usual]
        return [("h", "hint"), ("s", "statements"), *usual]
