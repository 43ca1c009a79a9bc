"""The questions as data: for the terminal, the site and the author's checks. Never runs a snippet.

`lessons/quiz.toml` holds the twenty questions of the source, each `lessons/NN_slug/quiz.toml` the
lesson's own.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.curriculum import CurriculumError, Lesson
from workbook.home import Home

FILE = "quiz.toml"
_SLUG = re.compile(r"[a-z0-9-]+")
LONGEST_LINE = 76  # of code: it is shown behind an indent, in 80 columns
POINTS = 3  # key points of an open question
_KEYS = {
    "slug",
    "asks",
    "cases",
    "notes",
    "code",
    "choices",
    "answer",
    "explains",
    "lesson",
    "section",
    "number",
    "open",
    "points",
}


@dataclass(frozen=True)
class Question:
    """One question. Its answer is what the last line of `code` gave when it was run.

    Without `code` there is nothing to run. Without `choices` the answer is typed. `open` and
    `points` are for whoever answers in own words, and then compares.
    """

    slug: str
    lesson: str
    asks: str
    answer: str
    explains: str
    section: str
    code: str = ""
    choices: tuple[str, ...] = ()
    cases: int = 0
    notes: int = 1
    number: int = 0
    open: str = ""
    points: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name under which the progress knows this question: `00/what-waits-in-new`."""
        return f"{'source' if self.number else self.lesson[:2]}/{self.slug}"

    @property
    def stored(self) -> str:
        """What is in the database before the code runs, in one sentence; nothing without code."""
        if not self.code:
            return ""
        if not self.cases:
            return "No case is stored."
        ids = (
            "CASE-001 is stored" if self.cases == 1 else f"CASE-001 to {_id(self.cases)} are stored"
        )
        notes = {0: "no note", 1: "one note"}.get(self.notes, f"{self.notes} notes")
        return f"{ids}, {'with' if self.cases == 1 else 'each with'} {notes}."

    def is_right(self, given: str) -> bool:
        """Say whether this is the answer, whatever its spaces, quotes and capitals."""
        return same(given, self.answer)

    def to_data(self, *, answers: bool = True) -> dict[str, Any]:
        """Return the question as JSON can hold it; without `answers` nothing gives them away."""
        shown = {
            "key": self.key,
            "lesson": self.lesson,
            "number": self.number,
            "asks": self.asks,
            "stored": self.stored,
            "code": self.code,
            "choices": list(self.choices),
        }
        if not answers:
            return shown
        more = {"answer": self.answer, "explains": self.explains, "section": self.section}
        return shown | more | {"open": self.open, "points": list(self.points)}


def _id(number: int) -> str:
    return f"CASE-{number:03}"


def same(one: str, other: str) -> bool:
    """Say whether two answers differ in nothing but spaces, quotes and capitals."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return "".join(text.lower().replace('"', "'").split()).strip("'")


def load_questions(home: Home, lessons: Sequence[Lesson]) -> list[Question]:
    """Return the questions of all lessons in their order, then the twenty of the source.

    Raises:
        CurriculumError: a file breaks a rule; the message names it.
    """
    own = [question for lesson in lessons for question in lesson_questions(lesson.folder)]
    return own + source_questions(home.lessons)


def lesson_questions(folder: Path) -> list[Question]:
    """Return a lesson's own questions; none when it has no file yet.

    Raises:
        CurriculumError: the file breaks a rule.
    """
    path = folder / FILE
    return _read(path, {"lesson": folder.name}) if path.is_file() else []


def source_questions(lessons: Path) -> list[Question]:
    """Return the twenty questions of the source material, in their order; none without the file.

    Raises:
        CurriculumError: the file breaks a rule.
    """
    path = lessons / FILE
    found = _read(path, {}) if path.is_file() else []
    for place, question in enumerate(found, 1):
        _check(question.number == place, f"{path}: {question.slug}: number is {place}")
        _check(
            question.open and len(question.points) == POINTS,
            f"{path}: {question.slug}: `open` and {POINTS} `points` are there",
        )
    return found


def _read(path: Path, always: dict[str, Any]) -> list[Question]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CurriculumError(f"{path}: cannot be read: {error}") from None
    tables = data.get("question", [])
    _check(isinstance(tables, list) and tables, f"{path}: at least one [[question]] is there")
    questions = [_question(path, always | table) for table in tables]
    slugs = [question.slug for question in questions]
    for slug in slugs:
        _check(slugs.count(slug) == 1, f"{path}: two questions are called {slug!r}")
    return questions


def _question(path: Path, table: dict[str, Any]) -> Question:
    where = f"{path}: question {table.get('slug', '?')!r}"
    unknown = set(table) - _KEYS
    _check(not unknown, f"{where}: unknown key {', '.join(sorted(unknown))}")
    for key in ("slug", "asks", "answer", "explains", "lesson", "section"):
        _check(isinstance(table.get(key), str) and table[key].strip(), f"{where}: {key} is a text")
    _check(_SLUG.fullmatch(table["slug"]), f"{where}: a slug has small letters, digits and dashes")
    for key in ("cases", "notes", "number"):
        _check(isinstance(table.get(key, 0), int), f"{where}: {key} is a number")
    texts = {key: table.get(key, "") for key in ("code", "open")}
    _check(all(isinstance(text, str) for text in texts.values()), f"{where}: code is a text")
    for line in texts["code"].splitlines():
        _check(len(line) <= LONGEST_LINE, f"{where}: over {LONGEST_LINE} characters: {line}")
    lists = {key: table.get(key, []) for key in ("choices", "points")}
    for key, values in lists.items():
        good = isinstance(values, list) and all(isinstance(value, str) for value in values)
        _check(good, f"{where}: {key} is a list of texts")
    choices = lists["choices"]
    _check(not choices or table["answer"] in choices, f"{where}: answer is one of its choices")
    _check(bool(table.get("code") or choices), f"{where}: code or choices are there")
    return Question(
        **{key: value for key, value in table.items() if key not in lists and key not in texts},
        code=texts["code"].strip("\n"),
        open=texts["open"],
        choices=tuple(choices),
        points=tuple(lists["points"]),
    )


def _check(good: object, rule: str) -> None:
    if not good:
        raise CurriculumError(rule)
