"""The results as files that other programs read: gradebook.csv and grades.json."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from workbook.curriculum import Lesson
from workbook.grade import clean, late
from workbook.grade.store import Entry, Store

CSV, JSON = "gradebook.csv", "grades.json"
SCHEMA = "https://unit-of-workbook.invalid/grades/1"  # described in grades.schema.json


def write(store: Store, lessons: Sequence[Lesson], out: Path) -> list[Path]:
    """Write both files into `out`; return their paths."""
    paths = [out / CSV, out / JSON]
    with paths[0].open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows(store.entries(), lessons))
    text = json.dumps(document(store, lessons), ensure_ascii=True, indent=1)
    paths[1].write_text(text + "\n", encoding="utf-8")
    return paths


def rows(entries: Iterable[Entry], lessons: Sequence[Lesson]) -> Iterator[Sequence[object]]:
    """Yield a header, then one row for each learner: totals, then points and verdict by lesson."""
    head = ["learner", "name", "email", "total", "possible", "in review", "late", "isolation"]
    yield head + [word for lesson in lessons for word in (lesson.slug, f"{lesson.slug} verdict")]
    possible = sum(lesson.possible for lesson in lessons)
    for _, group in groupby(entries, key=lambda entry: entry.learner.key):
        own = {entry.lesson: entry for entry in group}
        known = [own[lesson.slug] for lesson in lessons if lesson.slug in own]
        if known:
            yield _row(known, {entry.lesson: entry for entry in known}, lessons, possible)


def _row(
    known: Sequence[Entry], own: dict[str, Entry], lessons: Sequence[Lesson], possible: float
) -> list[object]:
    learner = known[0].learner
    row: list[object] = [clean.cell(x) for x in (learner.key, learner.name, learner.email)]
    row += [number(sum(e.earned for e in known)), number(possible)]
    row.append(number(sum(e.in_review for e in known)))
    row.append(", ".join(dict.fromkeys(late.shown(e.late) for e in known if e.late)))
    row.append(" ".join(sorted({e.receipt.tier for e in known if e.receipt})))
    for lesson in lessons:
        entry = own.get(lesson.slug)
        row += [number(entry.earned), entry.verdict] if entry else ["", "not-graded"]
    return row


def number(points: float) -> str:
    """Return points without a needless `.0`."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def document(store: Store, lessons: Sequence[Lesson]) -> dict[str, Any]:
    """Return everything about a cohort as JSON can hold it, every text cleaned."""
    return {
        "schema": SCHEMA,
        "late_rule": store.late_rule,
        "lessons": [
            {"lesson": lesson.slug, "title": lesson.title, "possible": lesson.possible}
            for lesson in lessons
        ],
        "results": [result(entry) for entry in store.entries()],
    }


def result(entry: Entry) -> dict[str, Any]:
    """Return one entry: who, which lesson, the verdict, each task and its evidence, the receipt."""
    mark = entry.mark
    data = {
        "learner": entry.learner.key,
        "name": entry.learner.name,
        "email": entry.learner.email,
        "lesson": entry.lesson,
        "verdict": entry.verdict,
        "earned": entry.earned,
        "possible": mark.possible if mark else None,
        "in_review": entry.in_review,
        "keeps": entry.keeps,
        "problem": entry.problem,
        "notes": list(entry.notes),
        "late": entry.late,
        "tasks": [vars(task) for task in mark.tasks] if mark else [],
        "evidence": list(mark.evidence) if mark else [],
        "reads": list(mark.reads) if mark else [],
        "overrides": [vars(override) for override in entry.overrides],
        "receipt": vars(entry.receipt) if entry.receipt else None,
    }
    return dict(clean.data(data))
