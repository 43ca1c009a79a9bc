"""The lessons as data: lesson.toml, read and checked. Never runs a lesson."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from workbook.verdict import COST

T = TypeVar("T")
KINDS = ("repair", "experiment", "tests")
HINT_LEVELS = 3


class CurriculumError(Exception):
    """A lesson.toml that cannot be used; the message names file, key and remedy."""


@dataclass(frozen=True)
class ExerciseFile:
    """One file the learner edits. `module` is the module of the app whose place it takes."""

    name: str
    module: str | None
    keep: tuple[str, ...] = ()
    study: str = ""


@dataclass(frozen=True)
class Hole:
    """One symbol to cut. `given` is code that runs and is wrong; None means: nothing is given."""

    file: str
    symbol: str
    given: str | None


@dataclass(frozen=True)
class Task:
    """One step of a lesson.

    For a grader: `left` names the tables to read afterwards (None: all), `budget` says that a
    number of statements or rows decides, which only the learner's own process can count.
    """

    number: int
    todo: str
    hints: tuple[str, ...]
    needs: tuple[int, ...]
    holes: tuple[Hole, ...]
    weight: float = 1.0
    left: tuple[str, ...] | None = None
    budget: bool = False

    @property
    def name(self) -> str:
        """What the learner writes: `SqlAlchemyCaseRepository.get`, shortened to `get`."""
        return self.holes[0].symbol.rpartition(".")[2] if self.holes else COST


@dataclass(frozen=True)
class Prediction:
    """The question a lesson opens with. `observe` names the function of probe.py that answers."""

    question: str
    choices: tuple[str, ...]
    observe: str


@dataclass(frozen=True)
class Card:
    """What a lesson changes, as one number: `what` costs so many of `unit`, before and after.

    `observe` names the function of probe.py that counts.
    """

    what: str
    unit: str
    observe: str


@dataclass(frozen=True)
class Misconception:
    """A mistake that people really make, how it is recognised, and what is said about it."""

    slug: str
    task: int
    when: Mapping[str, Any]
    says: str
    section: str = "concept"


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no test can tell from the solution, and why. `mutant` may hold `*`."""

    mutant: str
    why: str


@dataclass(frozen=True)
class Lesson:
    """One lesson. `folder` holds its page, starter and tests; `experiments` are its notebooks."""

    folder: Path
    title: str
    source: str
    kind: str
    minutes: int
    concepts: tuple[str, ...]
    prerequisites: tuple[str, ...]
    browser: bool
    files: tuple[ExerciseFile, ...]
    tasks: tuple[Task, ...]
    predict: Prediction
    explain: str
    points: tuple[str, ...]
    misconceptions: tuple[Misconception, ...]
    statements: Mapping[str, int] = field(default_factory=dict)
    card: Card | None = None
    experiments: tuple[str, ...] = ()
    postgres: bool = False
    equivalents: tuple[Equivalent, ...] = ()

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The holes of all tasks, in their order."""
        return tuple(hole for task in self.tasks for hole in task.holes)

    @property
    def slug(self) -> str:
        """The folder's name: `02_repository`."""
        return self.folder.name

    @property
    def number(self) -> int:
        """The number the folder's name starts with."""
        return int(self.slug[:2])

    @property
    def possible(self) -> float:
        """The points of all tasks."""
        return sum(task.weight for task in self.tasks)

    def label(self, task: int) -> str:
        """Return the number of a task as it is shown: `2.1`."""
        return f"{self.number}.{task}"

    def task(self, number: int) -> Task:
        """Return the task with this number (1, 2, …)."""
        return self.tasks[number - 1]


def load_lesson(folder: Path) -> Lesson:
    """Read and check `folder/lesson.toml`.

    Raises:
        CurriculumError: the file is missing, is no TOML, or breaks a rule.
    """
    path = folder / "lesson.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CurriculumError(f"{path}: missing; `workbook dev new` makes one") from None
    except tomllib.TOMLDecodeError as error:
        raise CurriculumError(f"{path}: not valid TOML: {error}") from None
    return _Reader(path, data).lesson()


def load_lessons(folder: Path) -> list[Lesson]:
    """Read every lesson below `folder`, ordered by number.

    Raises:
        CurriculumError: a lesson breaks a rule, or two have the same number.
    """
    found = [load_lesson(path.parent) for path in sorted(folder.glob("[0-9][0-9]_*/lesson.toml"))]
    slugs = {lesson.slug for lesson in found}
    numbers = [lesson.number for lesson in found]
    for lesson in found:
        if numbers.count(lesson.number) > 1:
            raise CurriculumError(f"{lesson.slug}: another lesson has number {lesson.number}")
        for slug in lesson.prerequisites:
            if slug not in slugs:
                raise CurriculumError(f"{lesson.slug}: prerequisite {slug!r} is no lesson")
    return found


def find_lesson(lessons: list[Lesson], word: str) -> Lesson | None:
    """Return the lesson a person means by `2`, `02` or `02_repository`; None for none of them."""
    for lesson in lessons:
        if word in (lesson.slug, lesson.slug[:2], str(lesson.number)):
            return lesson
    return None


class _Reader:
    """Reads one table after the other and says where a rule is broken."""

    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        self.path = path
        self.data = data

    def lesson(self) -> Lesson:
        files = tuple(self.file(i, table) for i, table in enumerate(self.tables("file")))
        tasks = tuple(
            self.task(number, table, files) for number, table in enumerate(self.tables("task"), 1)
        )
        self.check(self.path.parent.name[:2].isdigit(), "the folder's name starts with two digits")
        self.check(self.text("kind") in KINDS, f"kind is one of {', '.join(KINDS)}")
        explain = self.get("explain", dict)
        return Lesson(
            folder=self.path.parent,
            title=self.text("title"),
            source=self.text("source"),
            kind=self.text("kind"),
            minutes=self.get("minutes", int),
            concepts=self.texts(self.data, "concepts"),
            prerequisites=self.texts(self.data, "prerequisites"),
            browser=self.get("browser", bool),
            files=files,
            tasks=tasks,
            predict=self.prediction(self.get("predict", dict)),
            explain=self.text("question", explain),
            points=self.texts(explain, "points"),
            misconceptions=tuple(
                self.misconception(table, len(tasks)) for table in self.tables("misconception")
            ),
            statements=self.data.get("statements", {}),
            card=self.card(self.get("card", dict)) if "card" in self.data else None,
            experiments=self.experiments(),
            postgres=bool(self.data.get("postgres", False)),
            equivalents=tuple(
                Equivalent(self.text("mutant", table), self.text("why", table))
                for table in self.data.get("equivalent", [])
            ),
        )

    def experiments(self) -> tuple[str, ...]:
        """Read `experiment`: the name of a notebook, or a list of them."""
        value = self.data.get("experiment", [])
        names = {"experiment": [value] if isinstance(value, str) else value}
        return self.texts(names, "experiment")

    def file(self, index: int, table: dict[str, Any]) -> ExerciseFile:
        study = table.get("source", "") == "study"
        if study:
            self.check(bool(table.get("reason")), "[[file]] with source = 'study' gives its reason")
        module = table.get("module")
        self.check(study or module, "[[file]] names a module, or says source = 'study'")
        own = Path(module).name if module else "exercise.py"
        name = table.get("name") or ("exercise.py" if index == 0 else own)
        dotted = module.removesuffix(".py").replace("/", ".") if module else None
        return ExerciseFile(name, dotted, self.texts(table, "keep"), table.get("reason", ""))

    def task(self, number: int, table: dict[str, Any], files: tuple[ExerciseFile, ...]) -> Task:
        where = f"task {number}: "
        hints = self.texts(table, "hints")
        self.check(
            len(hints) == HINT_LEVELS and all(hints), f"{where}hints has {HINT_LEVELS} levels"
        )
        needs = tuple(table.get("needs", ()))
        self.check(all(0 < n < number for n in needs), f"{where}needs names earlier tasks")
        holes = [table] if "symbol" in table else []
        holes += table.get("hole", [])
        names = [file.name for file in files]
        for hole in holes:
            known = hole.get("file", names[0]) in names
            self.check(known, f"{where}file {hole.get('file')!r} is no [[file]] of this lesson")
        return Task(
            number=number,
            todo=self.text("todo", table),
            hints=hints,
            needs=needs,
            holes=tuple(
                Hole(hole.get("file", names[0]), hole["symbol"], hole.get("given"))
                for hole in holes
            ),
            weight=self.weight(table, where),
            left=self.texts(table, "left") if "left" in table else None,
            budget=bool(table.get("budget")),
        )

    def weight(self, table: dict[str, Any], where: str) -> float:
        value = table.get("weight", 1)
        good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        self.check(good, f"{where}weight is a number above 0")
        return float(value)

    def prediction(self, table: dict[str, Any]) -> Prediction:
        choices = self.texts(table, "choices")
        self.check(len(choices) > 1, "[predict] has at least two choices")
        return Prediction(self.text("question", table), choices, self.text("observe", table))

    def card(self, table: dict[str, Any]) -> Card:
        return Card(*(self.text(key, table) for key in ("what", "unit", "observe")))

    def misconception(self, table: dict[str, Any], tasks: int) -> Misconception:
        slug = self.text("slug", table)
        self.check(
            1 <= table.get("task", 0) <= tasks, f"misconception {slug}: task is 1 to {tasks}"
        )
        self.check(bool(table.get("when")), f"misconception {slug}: when says how it is recognised")
        return Misconception(
            slug,
            table["task"],
            table["when"],
            self.text("says", table),
            table.get("section", "concept"),
        )

    def tables(self, key: str) -> list[dict[str, Any]]:
        value = self.data.get(key, [])
        self.check(isinstance(value, list) and value, f"at least one [[{key}]] is there")
        return list(value)

    def text(self, key: str, table: dict[str, Any] | None = None) -> str:
        value = (self.data if table is None else table).get(key)
        self.check(isinstance(value, str) and value.strip(), f"{key} is a text")
        return str(value)

    def texts(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        self.check(good, f"{key} is a list of texts")
        return tuple(value)

    def get(self, key: str, kind: type[T]) -> T:
        value = self.data.get(key)
        if not isinstance(value, kind):
            raise CurriculumError(f"{self.path}: {key} is there and is a {kind.__name__}")
        return value

    def check(self, good: object, rule: str) -> None:
        if not good:
            raise CurriculumError(f"{self.path}: {rule}")
