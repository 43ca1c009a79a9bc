"""Writes everything that a cohort's results become, into one folder. Never changes a result."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.grade import clean, gradebook
from workbook.grade.exports import gradescope, junit
from workbook.grade.pages import render
from workbook.grade.store import Store
from workbook.grade.submissions import Cohort
from workbook.home import Home

JUNIT, GRADESCOPE, INTAKE = "junit.xml", "gradescope", "intake.csv"


def write(store: Store, lessons: Sequence[Lesson], home: Home, out: Path) -> list[Path]:
    """Write gradebook, JSON, JUnit, Gradescope's files and the report; return the paths.

    Raises:
        PagesError: the pages are missing, for Jinja is; everything else is written.
    """
    paths = gradebook.write(store, lessons, out)
    paths.append(out / JUNIT)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    paths[-1].write_text(head + junit.document(store.entries(), lessons), encoding="utf-8")
    paths.append(_gradescope(store, lessons, out / GRADESCOPE))
    return [*paths, render.write(store, lessons, home, out)]


def lessons_of(store: Store, lessons: Sequence[Lesson]) -> list[Lesson]:
    """Return the lessons that a store has results for."""
    known = set(store.lessons())
    return [lesson for lesson in lessons if lesson.slug in known]


def write_intake(cohort: Cohort, out: Path) -> Path:
    """Write what was found in the submissions: a row for whatever is not as it should be."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / INTAKE
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["learner", "lesson", "state", "said"])
        table.writerows(["", "", "", clean.cell(note)] for note in cohort.notes)
        for one in cohort.submissions:
            for said in filter(None, (one.problem, *one.notes)):
                table.writerow(
                    [clean.cell(one.learner), one.lesson, one.state or "taken", clean.cell(said)]
                )
    return path


def forget_intake(out: Path, key: str) -> None:
    """Take a learner out of what was found in the submissions."""
    path = out / INTAKE
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    name = clean.cell(key)
    left = [row for row in rows if name != row[0] and not (row[0] == "" and name in row[-1])]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(left)


def _gradescope(store: Store, lessons: Sequence[Lesson], folder: Path) -> Path:
    """Write one results.json for each learner, anew: nobody's stays who was forgotten."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for own in render.by_learner(store.entries()):
        document = clean.data(gradescope.document(own, lessons))
        path = folder / render.page_name(own[0].learner.key, "json")
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return folder
