"""Fills the table that an instructor downloaded from Canvas or Moodle. Makes no table of its own.

Their importers match people and columns by what they wrote themselves, in the language of the
site; so everything stays as it came but the grades of people whom a row names without doubt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.grade.exports import canvas, moodle
from workbook.grade.exports.table import Column, FillError, Table, read
from workbook.grade.store import NOT_GRADED, Entry
from workbook.grade.submissions import NOT_SUBMITTED, REJECTED, Learner

Who = Callable[[Sequence[str], Sequence[Learner]], str]


@dataclass
class Filled:
    """The table as text, and what a person should know about it."""

    text: str
    platform: str
    count: int = 0
    notes: list[str] = field(default_factory=list)


def fill(
    path: Path,
    entries: Sequence[Entry],
    lessons: Sequence[Lesson],
    chosen: Mapping[str, str] | None = None,
) -> Filled:
    """Return the table of `path` with grades; `chosen` maps a lesson, or `total`, to a column.

    A grade is scaled to the maximum that the table names. Nothing is written for who has handed in
    nothing, was not graded, or waits for a person's decision: they are named in the notes.

    Raises:
        FillError: it is neither table, or no column is a lesson's.
    """
    table = read(path)
    by_learner: dict[str, list[Entry]] = {}
    for entry in entries:
        if any(lesson.slug == entry.lesson for lesson in lessons):
            by_learner.setdefault(entry.learner.key, []).append(entry)
    if canvas.is_canvas(table):
        filled = Filled("", "Canvas")
        columns = canvas.columns(table, lessons, chosen or {})
        who: Who = canvas.who(table.rows[0])
    elif moodle.is_moodle(table):
        filled = Filled("", "Moodle")
        columns = moodle.columns(table, lessons, chosen or {})
        who = moodle.who
    else:
        raise FillError(
            f"{path} is neither a gradebook that Canvas exports (columns Student, ID) nor a "
            "grading worksheet of Moodle (first column: Participant 123)"
        )
    _fill_rows(table, columns, who, by_learner, filled)
    filled.text = table.text()
    return filled


def _fill_rows(
    table: Table,
    columns: Sequence[Column],
    who: Who,
    by_learner: Mapping[str, Sequence[Entry]],
    filled: Filled,
) -> None:
    learners = [own[0].learner for own in by_learner.values()]
    unseen = set(by_learner)
    for row in table.rows[1:]:
        key = who(row, learners)
        if not key:
            continue
        unseen.discard(key)
        for column in columns:
            value, why = _value(by_learner[key], column)
            if why:
                filled.notes.append(f"left as it was, {why}: {key}")
            elif column.index < len(row):
                row[column.index] = table.number(value)
                filled.count += 1
    filled.notes += [f"no row for: {key}" for key in sorted(unseen)]


def _value(entries: Sequence[Entry], column: Column) -> tuple[float, str]:
    """Return the grade for a column, or why there is none."""
    own = [e for e in entries if column.lesson is None or e.lesson == column.lesson.slug]
    waiting = [e.lesson for e in own if e.in_review or e.verdict == NOT_GRADED]
    if waiting:
        return 0.0, f"a person has to decide about {', '.join(waiting)}"
    refused = [e.lesson for e in own if e.verdict == REJECTED and not e.overrides]
    if refused:
        return 0.0, f"the file for {', '.join(refused)} could not be used"
    if all(e.verdict == NOT_SUBMITTED and not e.overrides for e in own):
        return 0.0, "nothing handed in"
    earned = sum(e.earned for e in own)
    return earned * (1.0 if column.most is None else column.most / column.possible), ""
