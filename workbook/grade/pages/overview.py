"""What an instructor wants to see of a class, gathered as its results pass by. Writes nothing."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from workbook.curriculum import Lesson
from workbook.derive import solution, starter
from workbook.grade import late
from workbook.grade.marks import VERDICTS, TaskMark
from workbook.grade.pages.similar import Class, Pair, prints
from workbook.grade.store import NOT_GRADED, Entry
from workbook.grade.submissions import NOT_SUBMITTED, Learner, Submission
from workbook.home import Home
from workbook.verdict import TestResult

BINS = 10
SHADES = 10
SIGNS = {NOT_SUBMITTED: "-", "rejected": "x", "tampered": "!", "review": "?", NOT_GRADED: "…"}


@dataclass(frozen=True)
class Cell:
    """One field of the heat map."""

    text: str
    shade: str
    verdict: str


@dataclass(frozen=True)
class Row:
    """One learner in the heat map."""

    learner: Learner
    page: str
    cells: tuple[Cell, ...]
    earned: float
    share: float
    late: str


@dataclass
class Mistake:
    """A misconception in this class: who has it, and where it was seen."""

    lesson: str
    label: str
    slug: str
    says: str
    section: str
    learners: dict[str, str] = field(default_factory=dict)  # key: place


@dataclass(frozen=True)
class Open:
    """Something that a person has to decide, with its evidence."""

    learner: str
    lesson: str
    task: str
    verdict: str
    evidence: str


@dataclass
class TaskCount:
    """How a task went in this class."""

    lesson: str
    label: str
    name: str
    earned: int = 0
    tried: int = 0

    @property
    def share(self) -> float:
        """The share of those who handed something in and have it right."""
        return self.earned / self.tried if self.tried else 0.0


class Overview:
    """Takes one learner after the other; then it knows the class."""

    def __init__(self, lessons: Sequence[Lesson], home: Home) -> None:
        self.lessons = lessons
        self.possible = sum(lesson.possible for lesson in lessons)
        self.rows: list[Row] = []
        self.open: list[Open] = []
        self.intake: list[Entry] = []
        self.overfits: list[Open] = []
        self.verdicts: dict[str, int] = dict.fromkeys((*VERDICTS, NOT_GRADED), 0)
        self.copies: dict[str, list[str]] = defaultdict(list)
        self._known = {lesson.slug: lesson for lesson in lessons}
        self._mistakes: dict[tuple[str, str], Mistake] = {}
        self._tasks = {
            (x.slug, t.number): TaskCount(x.slug, x.label(t.number), t.name)
            for x in lessons
            for t in x.tasks
        }
        self._solutions: dict[str, str] = {}
        self._classes = {lesson.slug: self._class(lesson, home) for lesson in lessons}

    def _class(self, lesson: Lesson, home: Home) -> Class:
        given, right = starter(lesson, home), solution(lesson, home)
        self._solutions[lesson.slug] = _digest(right)
        common = prints(given.values()) | prints(right.values())
        return Class(lesson.slug, common, {_digest(given), _digest(right)})

    def add(self, entries: Sequence[Entry], page: str) -> None:
        """Take in everything of one learner."""
        own = {entry.lesson: entry for entry in entries if entry.lesson in self._known}
        if not own:
            return
        for entry in own.values():
            self._count(entry)
            self._look(entry)
        earned = sum(entry.earned for entry in own.values())
        cells = tuple(self._cell(own.get(lesson.slug), lesson) for lesson in self.lessons)
        lateness = ", ".join(dict.fromkeys(late.shown(e.late) for e in own.values() if e.late))
        learner, share = next(iter(own.values())).learner, earned / (self.possible or 1)
        self.rows.append(Row(learner, page, cells, earned, share, lateness))

    def _cell(self, entry: Entry | None, lesson: Lesson) -> Cell:
        if entry is None:
            return Cell("", "none", NOT_GRADED)
        share = min(entry.earned / lesson.possible, 1.0)
        sign = "" if entry.is_decided else SIGNS.get(entry.verdict, "")
        shade = "none" if entry.mark is None and not entry.overrides else str(round(share * SHADES))
        text = f"{entry.earned:g}{sign}" if shade != "none" else sign
        return Cell(text, shade, entry.verdict)

    def _count(self, entry: Entry) -> None:
        self.verdicts[entry.verdict] = self.verdicts.get(entry.verdict, 0) + 1
        if entry.problem or entry.notes:
            self.intake.append(entry)
        for task in entry.mark.tasks if entry.mark else ():
            count = self._tasks.get((entry.lesson, task.number))
            if count:
                count.tried += 1
                count.earned += task.outcome == "earned"
        if entry.files:
            digest = _digest(entry.files)
            self._classes[entry.lesson].add(entry.learner.key, digest, entry.files)
            if digest == self._solutions[entry.lesson]:
                self.copies[entry.lesson].append(entry.learner.key)

    def _look(self, entry: Entry) -> None:
        """Note what a person has to look at, and which misconceptions were recognised."""
        if entry.mark is None:
            return
        decided = {override.task for override in entry.overrides}
        review = [task for task in entry.mark.tasks if task.outcome == "review"]
        left = [task for task in review if not decided & {None, task.number}]
        fooled = [task for task in review if task.evidence.startswith("its tests pass")]
        self.open += _grouped(entry, left)
        self.overfits += _grouped(entry, fooled)
        if entry.mark.evidence and None not in decided:
            evidence = "; ".join(entry.mark.evidence)
            who, lesson = entry.learner.key, entry.lesson
            self.open.append(Open(who, lesson, lesson[:2], entry.verdict, evidence))
        for test in failures(entry):
            self._recognise(entry, test)

    def _recognise(self, entry: Entry, test: TestResult) -> None:
        lesson = self._known[entry.lesson]
        slug = test.recognised.slug if test.recognised else ""
        known = next((m for m in lesson.misconceptions if m.slug == slug), None)
        if known is None:  # nothing, or a word of the learner's own
            return
        fresh = Mistake(lesson.slug, lesson.label(known.task), slug, known.says, known.section)
        mistake = self._mistakes.setdefault((lesson.slug, slug), fresh)
        mistake.learners.setdefault(entry.learner.key, _place(entry, test))

    @property
    def mistakes(self) -> list[Mistake]:
        """The misconceptions, the most frequent first."""
        return sorted(self._mistakes.values(), key=lambda m: (-len(m.learners), m.lesson, m.slug))

    @property
    def tasks(self) -> list[TaskCount]:
        """The tasks that somebody tried, the hardest first."""
        tried = [task for task in self._tasks.values() if task.tried]
        return sorted(tried, key=lambda task: (task.share, task.label))

    @property
    def bins(self) -> list[int]:
        """How many learners have 0 to 10 %, 10 to 20 %, … of all points."""
        counts = [0] * BINS
        for row in self.rows:
            counts[min(int(row.share * BINS), BINS - 1)] += 1
        return counts

    @property
    def median(self) -> float:
        """The median of the points."""
        return statistics.median([row.earned for row in self.rows]) if self.rows else 0.0

    @property
    def similar(self) -> list[Pair]:
        """Submissions to compare by eye."""
        return [pair for one in self._classes.values() for pair in one.pairs()]


def failures(entry: Entry) -> Iterator[TestResult]:
    """Yield the tests that failed, root cause first, as the learner's process told it."""
    if entry.mark and entry.mark.feedback:
        yield from entry.mark.feedback.failures()


def _grouped(entry: Entry, tasks: Sequence[TaskMark]) -> list[Open]:
    """Return a line for each evidence, with all the tasks that it is about."""
    labels: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        labels[task.evidence].append(task.label)
    who, lesson, verdict = entry.learner.key, entry.lesson, entry.verdict
    return [Open(who, lesson, ", ".join(own), verdict, why) for why, own in labels.items()]


def _place(entry: Entry, test: TestResult) -> str:
    """Return where a test failed in the learner's file, else where its task is to be done."""
    feedback = entry.mark.feedback if entry.mark else None
    tasks = [t for t in feedback.tasks if t.number == test.task] if feedback else []
    places = [test.place, *(task.place for task in tasks)]
    found = next((place for place in places if place), None)
    return f"{PurePosixPath(found.file).name}:{found.line}" if found else ""


def _digest(files: Mapping[str, str]) -> str:
    data = {name: text.encode("utf-8", "replace") for name, text in files.items()}
    return Submission("", "", data).digest
