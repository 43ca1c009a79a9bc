"""What is promised of every lesson, checked by running it. Judges derived files, never a learner's.

1  the starter fails each task for its declared reason, and starts with code that runs
2  the solution passes, with every warning an error, and on PostgreSQL if the lesson says so
3  with some tasks solved, exactly those are green
4  every misconception fails first on its task and gets its own answer, and nobody else gets it
5  every alternative passes
6  names, numbers, hints and files are complete; nothing is left over
9  the tests pass in any order
11 no starter shows a concept before its lesson, and no answer stands beside its hole
"""

import ast
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from workbook.check import CheckError
from workbook.curriculum import CurriculumError, Lesson
from workbook.derive import Texts, solution, starter, with_piece
from workbook.home import Home
from workbook.postgres.errors import PostgresUnavailableError
from workbook.recognise import check_when
from workbook.reformat import renamed
from workbook.source import body_of
from workbook.variants import Variant, answer_prediction, run_variants
from workbook.verdict import TestResult, Verdict

HEADINGS = (
    "Problem",
    "Predict",
    "Failing test",
    "Concept",
    "Your turn",
    "Hints",
    "In production",
    "Explain",
    "Check yourself",
)
LESSON_FILES = {"README.md", "lesson.toml", "probe.py", "test_exercise.py"}
LONGEST_HINT = 45
FEWEST_MISCONCEPTIONS = 3
FAIR_REASONS = ("todo", "assertion")


@dataclass(frozen=True)
class Complaint:
    """One broken promise, and what to do about it."""

    lesson: str
    promise: int
    text: str

    def __str__(self) -> str:
        return f"{self.lesson}: promise {self.promise}: {self.text}"


def check_lesson(lesson: Lesson, home: Home, *, committed: bool = True) -> list[Complaint]:
    """Return every promise that a lesson breaks; an empty list is the good answer.

    `committed=False` leaves out what a learner may write into: the page, and files of one's own.
    """
    examination = _Examination(lesson, home, committed)
    try:
        return [Complaint(lesson.slug, n, text) for n, text in examination.all()]
    except CurriculumError as error:
        return [Complaint(lesson.slug, 6, str(error))]


@dataclass
class _Examination:
    lesson: Lesson
    home: Home
    committed: bool
    verdicts: dict[str, Verdict | str] = field(default_factory=dict)

    def all(self) -> Iterator[tuple[int, str]]:
        complete = [(6, text) for text in self.completeness()]
        yield from complete
        if complete:
            return  # running what is incomplete only repeats it
        self.verdicts = run_variants(self.lesson, self.variants())
        yield from ((2, text) for text in self.run_on_postgres())
        yield from ((1, text) for text in self.starter_fails_fairly())
        yield from ((2, text) for text in self.all_pass("solution"))
        yield from ((6, text) for text in self.prediction_has_an_answer())
        yield from ((3, text) for text in self.partial_solutions())
        yield from ((4, text) for text in self.misconceptions())
        yield from ((5, text) for text in self.all_pass("alternative"))
        yield from ((9, text) for text in self.all_pass("shuffled"))
        yield from ((11, text) for text in self.early_concepts())
        yield from ((11, text) for text in self.answers_in_sight())

    @cached_property
    def solution(self) -> Texts:
        return solution(self.lesson, self.home)

    @cached_property
    def starter(self) -> Texts:
        return starter(self.lesson, self.home)

    @cached_property
    def alternatives(self) -> dict[str, Texts]:
        folder = self.home.solutions / self.lesson.slug / "alternatives"
        found = {}
        for path in sorted(folder.glob("*")):
            files = {path.name: path} if path.is_file() else {p.name: p for p in path.iterdir()}
            names = [self.lesson.files[0].name] if path.is_file() else list(files)
            texts = [file.read_text(encoding="utf-8") for file in files.values()]
            found[path.stem] = self.solution | dict(zip(names, texts, strict=True))
        return found

    def variants(self) -> list[Variant]:
        variants = [
            Variant("starter", self.starter),
            Variant("solution", self.solution, strict=True),
        ]
        variants += [Variant(f"shuffled {n}", self.solution, True, n) for n in (1, 2, 3)]  # noqa: FBT003 - strict
        for task in self.lesson.tasks:
            solved = _with_needs(self.lesson, task.number)
            texts = starter(self.lesson, self.home, solved)
            variants.append(Variant(f"only {task.number}", texts))
        for wrong in self.lesson.misconceptions:
            texts = with_piece(self.solution, self.piece(wrong.slug).read_text(encoding="utf-8"))
            variants.append(Variant(f"wrong {wrong.slug}", texts))
            variants.append(Variant(f"wrong {wrong.slug}, renamed", renamed(texts)))
        variants += [Variant(f"alternative {n}", t) for n, t in self.alternatives.items()]
        return variants

    def on_postgres(self) -> list[Variant]:
        if not self.lesson.postgres:
            return []
        right = {f"alternative {name}": texts for name, texts in self.alternatives.items()}
        return [
            Variant(f"{name} on PostgreSQL", texts, strict=name == "solution", postgres=True)
            for name, texts in ({"solution": self.solution} | right).items()
        ]

    def run_on_postgres(self) -> Iterator[str]:
        try:
            self.verdicts |= run_variants(self.lesson, self.on_postgres())
        except PostgresUnavailableError as error:
            if os.environ.get("CI") == "true":
                yield f"it was not run on PostgreSQL: {error}"

    def piece(self, slug: str) -> Path:
        return self.lesson.folder / "misconceptions" / f"{slug.replace('-', '_')}.py"

    def verdict(self, name: str) -> Verdict | None:
        found = self.verdicts[name]
        return found if isinstance(found, Verdict) else None

    def all_pass(self, kind: str) -> Iterator[str]:
        for name, verdict in self.verdicts.items():
            if not name.startswith(kind):
                continue
            if isinstance(verdict, str):
                yield f"{name} cannot be run: {verdict}"
            elif not verdict.passed:
                yield f"{name} fails: {_first(verdict)}"

    def starter_fails_fairly(self) -> Iterator[str]:
        verdict = self.verdict("starter")
        if verdict is None:
            yield f"the starter does not collect: {self.verdicts['starter']}"
            return
        for guard in verdict.guards:
            if guard.outcome != "passed":
                yield f"{guard.name} is a guard, and fails on the starter: {guard.message}"
        for task in verdict.tasks:
            if task.outcome == "passed":
                yield f"task {task.label} has no test that fails on the starter"
            for test in task.tests:
                if test.outcome == "failed" and test.reason not in FAIR_REASONS:
                    yield f"{test.name} fails for another reason than its task: {test.message}"
        first = next((t for t in self.lesson.tasks if t.holes), None)
        if first is None or first.holes[0].given is None:
            yield "the first task has no `given`: the first red must be about data access"

    def prediction_has_an_answer(self) -> Iterator[str]:
        try:
            answer = answer_prediction(self.lesson, self.solution)
        except CheckError as error:
            yield f"the prediction cannot be answered: {str(error).splitlines()[-1]}"
            return
        if answer not in self.lesson.predict.choices:
            yield f"probe.py answers {answer!r} to the prediction, which is none of its choices"

    def partial_solutions(self) -> Iterator[str]:
        for task in self.lesson.tasks:
            solved = _with_needs(self.lesson, task.number)
            expected = solved | {
                t.number for t in self.lesson.tasks if not t.holes and set(t.needs) <= solved
            }
            verdict = self.verdict(f"only {task.number}")
            green = {t.number for t in verdict.tasks if t.outcome == "passed"} if verdict else set()
            if green != expected:
                wanted = sorted(expected)
                yield f"with {sorted(solved)} solved, green are {sorted(green)}, not {wanted}"

    def misconceptions(self) -> Iterator[str]:
        for wrong in self.lesson.misconceptions:
            for name in (f"wrong {wrong.slug}", f"wrong {wrong.slug}, renamed"):
                yield from self.one_misconception(name, wrong.slug, wrong.task)
        for name in self.verdicts:
            if name.startswith("wrong "):
                continue
            verdict = self.verdict(name)
            for test in verdict.failures() if verdict else ():
                if test.recognised:
                    yield f"{name} is answered as {test.recognised.slug}"

    def one_misconception(self, name: str, slug: str, task: int) -> Iterator[str]:
        verdict = self.verdict(name)
        cause = verdict.root_cause if verdict else None
        if verdict is None or cause is None:
            yield f"{name} passes all tests" if verdict else f"{name}: {self.verdicts[name]}"
            return
        if cause.task != task:
            yield f"{name} fails first on task {cause.task}, not {task}: {_first(verdict)}"
        answers = {test.recognised.slug for test in verdict.failures() if test.recognised}
        if slug not in answers:
            yield f"{name} is not recognised: {_first(verdict)}"
        if answers - {slug}:
            yield f"{name} is answered as {', '.join(sorted(answers - {slug}))}"

    def completeness(self) -> Iterator[str]:
        lesson, folder = self.lesson, self.lesson.folder
        if lesson.minutes <= 0:
            yield "minutes is a number of minutes"
        for task in lesson.tasks:
            for hint in task.hints:
                if len(hint.split()) > LONGEST_HINT:
                    yield f"a hint of {lesson.label(task.number)} has over {LONGEST_HINT} words"
        if len(lesson.misconceptions) < FEWEST_MISCONCEPTIONS:
            yield f"at least {FEWEST_MISCONCEPTIONS} misconceptions are there"
        for wrong in lesson.misconceptions:
            if problem := check_when(wrong.when):
                yield f"misconception {wrong.slug}: {problem}"
        yield from self.files_complete(folder)
        if self.committed:
            yield from self.page_complete(folder / "README.md")
            yield from self.left_over(folder)

    def files_complete(self, folder: Path) -> Iterator[str]:
        own = {file.name for file in self.lesson.files}
        for name in sorted(LESSON_FILES | own):
            if not (folder / name).is_file():
                yield f"{name} is missing"
        pieces = {self.piece(wrong.slug).name for wrong in self.lesson.misconceptions}
        found = {path.name for path in (folder / "misconceptions").glob("*.py")}
        yield from (f"misconceptions/{name} is missing" for name in sorted(pieces - found))
        yield from (
            f"misconceptions/{name} is in no [[misconception]]" for name in sorted(found - pieces)
        )
        if not (self.home.solutions / self.lesson.slug / "README.md").is_file():
            yield "the solution has no README.md"

    def left_over(self, folder: Path) -> Iterator[str]:
        own = {file.name for file in self.lesson.files}
        known = LESSON_FILES | own | {"misconceptions"}
        for path in sorted(folder.iterdir()):
            if (
                path.name not in known
                and not path.name.startswith((".", "__"))
                and ".before-reset" not in path.name
            ):
                yield f"{path.name} belongs to nothing"

    def page_complete(self, page: Path) -> Iterator[str]:
        lines = page.read_text(encoding="utf-8").splitlines() if page.is_file() else []
        headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
        if tuple(headings) != HEADINGS:
            yield f"README.md has the headings {headings}, not {list(HEADINGS)}"

    def early_concepts(self) -> Iterator[str]:
        table = self.home.lessons / "concepts.toml"
        later = {
            name: slug
            for name, slug in tomllib.loads(table.read_text(encoding="utf-8")).items()
            if slug > self.lesson.slug
        }
        for file, text in self.starter.items():
            for name in sorted(_names_shown(text) & set(later)):
                yield f"{file} shows {name}, which {later[name]} introduces"

    def answers_in_sight(self) -> Iterator[str]:
        for task in self.lesson.tasks:
            for hole in task.holes:
                body = body_of(self.solution[hole.file], hole.symbol)
                own = Counter(body_of(self.starter[hole.file], hole.symbol))
                elsewhere = self.shown - own
                if body and all(line in elsewhere for line in body):
                    yield f"the answer to {hole.symbol} stands elsewhere in the starter"

    @cached_property
    def shown(self) -> Counter[str]:
        """Count each statement of the starter."""
        trees = [ast.parse(text) for text in self.starter.values()]
        nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        return Counter(ast.unparse(node) for node in nodes)


def _first(verdict: Verdict) -> str:
    cause: TestResult | None = verdict.root_cause
    if cause is not None:
        return f"{cause.name}: {cause.message.partition(chr(10))[0]}"
    missing = [task.label for task in verdict.tasks if not task.tests]
    return f"no test belongs to task {', '.join(missing)}" if missing else "nothing fails"


def _with_needs(lesson: Lesson, number: int) -> set[int]:
    solved = {number}
    for need in lesson.task(number).needs:
        solved |= _with_needs(lesson, need)
    return solved


def _names_shown(text: str) -> set[str]:
    shown: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case (
                ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.alias(name=name)
            ):
                shown.add(name)
            case ast.keyword(arg=str(name)):
                shown.add(name)
    return shown
