"""The list of lessons: search it, jump to one, reset one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from workbook.curriculum import Lesson
from workbook.text import BLANK, Line, Part, Role, line
from workbook.watch.views import Keys

_FILTERS = ("all", "open", "done")


@dataclass
class Lessons:
    """All lessons with a cursor; typing behind `/` narrows them."""

    lessons: Sequence[Lesson]
    passed: Callable[[], Sequence[str]]
    current: Lesson
    jump: Callable[[Lesson], None]
    reset: Callable[[Lesson], None]
    close: Callable[[], None]
    name: str = "list"
    search: str = ""
    searching: bool = False
    kind: str = "all"
    at: int = field(default=-1)

    @property
    def keys(self) -> Keys:
        """Offer what can be done here."""
        if self.searching:
            return (("type", "to search"), ("enter", "done"), ("escape", "clear"))
        return (
            ("up/down", "move"),
            ("enter", "jump"),
            ("/", "search"),
            ("f", f"filter: {self.kind}"),
            ("x", "reset"),
            ("escape", "back"),
        )

    def found(self) -> list[Lesson]:
        """Return the lessons that fit search and filter."""
        passed = self.passed()
        words = self.search.lower().split()
        return [
            lesson
            for lesson in self.lessons
            if (self.kind == "all" or (lesson.slug in passed) == (self.kind == "done"))
            and all(word in self._text(lesson) for word in words)
        ]

    @staticmethod
    def _text(lesson: Lesson) -> str:
        return " ".join([lesson.slug, lesson.title, *lesson.concepts]).lower()

    def lines(self, _width: int) -> Iterator[Line]:
        """Return the list."""
        found, passed = self.found(), self.passed()
        self._settle(found)
        cursor = "_" if self.searching else ""
        search = f"  /{self.search}{cursor}" if self.search or self.searching else ""
        yield line(Part("  Lessons", "strong"), Part(search, "here"))
        yield BLANK
        if not found:
            yield line("    none; escape shows all")
        for number, lesson in enumerate(found):
            arrow = Part(" >", "here") if number == self.at else Part("  ")
            done = Part("  ok", "good") if lesson.slug in passed else Part("    ")
            here = Part("  (here)", "quiet") if lesson is self.current else Part("")
            at: Role = "strong" if number == self.at else ""
            minutes = Part(f"{lesson.minutes:>4} min  ", "quiet")
            slug, title = Part(f"  {lesson.slug:<24}", at), Part(lesson.title, at)
            yield line(arrow, done, slug, minutes, title, here)

    def _settle(self, found: Sequence[Lesson]) -> None:
        if self.at < 0:
            self.at = next((n for n, x in enumerate(found) if x is self.current), 0)
        self.at = max(min(self.at, len(found) - 1), 0)

    def key(self, name: str) -> bool:  # noqa: C901 - one line for each key
        """Move, search, filter, jump, reset or close."""
        if self.searching:
            return self._type(name)
        found = self.found()
        self._settle(found)
        match name:
            case "up" | "k":
                self.at -= 1
            case "down" | "j":
                self.at += 1
            case "/":
                self.searching = True
            case "f":
                self.kind = _FILTERS[(_FILTERS.index(self.kind) + 1) % len(_FILTERS)]
            case "enter" if found:
                self.jump(found[self.at])
            case "x" if found:
                self.reset(found[self.at])
            case "escape" if self.search:
                self.search = ""
            case "escape" | "l" | "q":
                self.close()
            case "ctrl-c" | "ctrl-d":
                return False
        self.at = max(self.at, 0)
        return True

    def _type(self, name: str) -> bool:
        match name:
            case "enter":
                self.searching = False
            case "escape":
                self.searching, self.search = False, ""
            case "backspace":
                self.search = self.search[:-1]
            case "ctrl-c" | "ctrl-d":
                return False
            case _ if len(name) == 1:
                self.search += name
        self.at = 0
        return True
