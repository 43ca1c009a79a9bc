"""What can stand in the body of the screen. A view draws itself and may use a key."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbook.curriculum import Lesson, Prediction
from workbook.text import BLANK, Line, Part, line, wrapped

Keys = Sequence[tuple[str, str]]


class View(Protocol):
    """One thing that is shown."""

    name: str

    @property
    def keys(self) -> Keys:
        """Return what is offered below."""
        ...

    def lines(self, width: int) -> Iterable[Line]:
        """Return the lines for a window of this width."""
        ...

    def key(self, name: str) -> bool:
        """Use a key; False leaves it to the watcher."""
        ...


@dataclass
class Page:
    """Something to read."""

    name: str
    make: Callable[[int], Iterable[Line]]
    keys: Keys = ()

    def lines(self, width: int) -> Iterable[Line]:
        """Return what there is to read."""
        return self.make(width)

    def key(self, _name: str) -> bool:
        """Use no key."""
        return False


@dataclass
class Question:
    """A question with yes and no."""

    name: str
    text: str
    yes: Callable[[], None]
    no: Callable[[], None]
    keys: Keys = (("y", "yes"), ("n", "no"))

    def lines(self, width: int) -> Iterator[Line]:
        """Return the question."""
        yield from wrapped(self.text, width, "  ", "strong")

    def key(self, name: str) -> bool:
        """Answer: y is yes, everything else is no; Ctrl-C still quits."""
        if name in {"ctrl-c", "ctrl-d"}:
            return False
        (self.yes if name in {"y", "Y"} else self.no)()
        return True


@dataclass
class Opening:
    """The prediction that a lesson opens with. Enter skips it, and nobody grades it."""

    lesson: Lesson
    answered: Callable[[str], None]
    skipped: Callable[[], None]
    chosen: str = ""
    came: str = ""
    name: str = "predict"

    @property
    def keys(self) -> Keys:
        """Offer the choices, or to go on."""
        if self.chosen:
            return (("enter", "go on"), ("q", "quit"))
        last = len(self.lesson.predict.choices)
        return ((f"1-{last}", "predict"), ("enter", "skip"), ("q", "quit"))

    def lines(self, width: int) -> Iterator[Line]:
        """Return the question, then what was said and what the run says."""
        lesson = self.lesson
        yield line(f"  {lesson.slug}  {lesson.title}")
        yield BLANK
        yield line(Part("  Before you begin: what do you expect?", "here"))
        yield BLANK
        yield from prediction(lesson.predict, self.chosen, width)
        if self.chosen:
            yield BLANK
            yield from outcome(lesson, self.chosen, self.came, width)

    def key(self, name: str) -> bool:
        """Take a choice, or skip."""
        choices = self.lesson.predict.choices
        if not self.chosen and name.isdigit() and 1 <= int(name) <= len(choices):
            self.chosen = choices[int(name) - 1]
            self.answered(self.chosen)
            return True
        if name in {"enter", "escape"}:
            self.skipped()
            return True
        return name not in {"q", "ctrl-c", "ctrl-d", "?", "l"}


def prediction(asked: Prediction, chosen: str, width: int) -> Iterator[Line]:
    """Yield a prediction's question with its numbered choices."""
    yield from wrapped(asked.question, width, "  ", "strong")
    yield BLANK
    for number, choice in enumerate(asked.choices, 1):
        mark: Part = Part("->", "here") if choice == chosen else Part("  ")
        yield line("  ", mark, f"  {number}  {choice}")


def outcome(lesson: Lesson, chosen: str, came: str, width: int) -> Iterator[Line]:
    """Yield what was said, and what running it says."""
    if not came:
        yield line(Part("  running it …", "quiet"))
        return
    same = chosen == came
    yield line(f"  You said: {chosen}")
    yield line("  It ran:   ", Part(came, "good" if same else "strong"))
    yield BLANK
    more = "As you expected. Why it is so" if same else "Not what you expected. Why it is so"
    page = lesson.folder / "README.md"
    text = f"{more}: lessons/{lesson.slug}/README.md#concept"
    yield from (
        tuple(p._replace(link=str(page)) for p in row) for row in wrapped(text, width, "  ")
    )


def hints(lesson: Lesson, number: int, level: int, width: int) -> Iterator[Line]:
    """Yield the first hints of a task."""
    task = lesson.task(number)
    yield line(Part(f"  {lesson.label(number)}  {task.name}", "strong"), f"  {task.todo}")
    for shown, hint in enumerate(task.hints[:level], 1):
        yield BLANK
        first, *rest = wrapped(hint, width, "     ")
        yield line(Part(f"  {shown}. ", "here"), first[0].text.strip())
        yield from rest
    yield BLANK
    left = len(task.hints) - level
    more = f"  h opens the next of {len(task.hints)}" if left else "  these are all"
    yield line(Part(more, "quiet"))


def unneeded_hints(lesson: Lesson, opened: dict[str, int], width: int) -> Iterator[Line]:
    """Yield the hints that were not opened."""
    yield line(Part("  The hints you did not need", "strong"))
    for task in lesson.tasks:
        closed = task.hints[opened.get(lesson.label(task.number), 0) :]
        if closed:
            yield BLANK
            yield line(f"  {lesson.label(task.number)}  {task.name}")
        for hint in closed:
            yield from wrapped(f"- {hint}", width)


def explanation(lesson: Lesson, width: int) -> Iterator[Line]:
    """Yield the question after success with the three points to compare with."""
    yield from wrapped(lesson.explain, width, "  ", "strong")
    yield BLANK
    yield line(Part("  Did your answer say this?", "here"))
    for point in lesson.points:
        yield BLANK
        yield from wrapped(f"- {point}", width)


def document(text: str, width: int) -> Iterator[Line]:
    """Yield a Markdown text as it stands, its long lines broken."""
    code = False
    for row in text.splitlines():
        code ^= row.startswith("```")
        if row.startswith("#"):
            yield line(Part(f"  {row.lstrip('# ')}", "strong"))
        elif code or not row.strip():
            yield line(f"    {row}" if row.strip() else "")
        else:
            yield from wrapped(row, width, "  ")


def all_lessons(
    lessons: Sequence[Lesson], came: Mapping[str, str], passed: Collection[str]
) -> Iterator[Line]:
    """Yield what came of checking all lessons, as far as it has come."""
    yield line(Part("  All lessons", "strong"))
    yield BLANK
    for lesson in lessons:
        result = came.get(lesson.slug, "…")
        done = lesson.slug in came and lesson.slug in passed
        yield line(Part("  ok" if done else "    ", "good"), f"  {lesson.slug:<24} {result}")


HELP = (
    ("n", "next", "go to the next open lesson, when this one has passed"),
    ("h", "hint", "a question, then the concept, then nearly the code"),
    ("s", "statements", "the SQL that the tests saw, and your lines"),
    ("l", "list", "all lessons: search, jump, reset one"),
    ("c", "check --all", "run the tests of all lessons"),
    ("d", "diff", "what you have changed since the starter"),
    ("x", "reset", "bring the starter back; your file stays beside it"),
    ("e", "", "open the file in your editor"),
    ("r", "check", "run the tests once more, without saving"),
    ("w", "solution", "after success: why it is so, and an alternative"),
    ("p", "explain", "after success: three points to compare with"),
    ("q", "", "quit; everything is stored already"),
)


def helping(start: str, width: int) -> Iterator[Line]:
    """Yield what each key does, and the command that does the same."""
    yield line(Part("  Save the file: its tests run at once. Nothing else moves you.", "strong"))
    yield BLANK
    for key, word, text in HELP:
        first, *rest = wrapped(text, width + 3, " " * 18)
        yield line(Part(f"  {key}", "here"), f"  {word:<13}", Part(first[0].text.strip(), "quiet"))
        yield from rest
    yield BLANK
    yield from wrapped(f"Each word is a command as well: {start} {HELP[0][1]}", width, "  ")
