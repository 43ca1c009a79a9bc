"""The gradebook that Canvas exports: which columns are whose, and which row is who."""

import re
from collections.abc import Callable, Mapping, Sequence

from workbook.curriculum import Lesson, find_lesson
from workbook.grade.exports.table import (
    TOTAL,
    Column,
    FillError,
    Table,
    column_for,
    first_of,
    number_in,
    one_of,
)
from workbook.grade.people import Named
from workbook.grade.submissions import Learner

_ID, _NAMES = "ID", ("SIS User ID", "SIS Login ID", "Student")
_COLUMN = re.compile(r"(?P<title>.+) \((?P<id>\d+)\)")


def is_canvas(table: Table) -> bool:
    """Say whether Canvas wrote this table."""
    return {"Student", _ID} <= set(table.rows[0])


def columns(table: Table, lessons: Sequence[Lesson], chosen: Mapping[str, str]) -> list[Column]:
    """Return the columns to fill. Another title would make a new assignment: none is made up.

    Raises:
        FillError: no column is meant, or more than one.
    """
    header = table.rows[0]
    points = next((r for r in table.rows[1:3] if r and r[0].strip() == "Points Possible"), [])
    found = []
    for index, cell in enumerate(header):
        match = _COLUMN.fullmatch(cell.strip())
        if match is None and cell.strip() not in chosen.values():
            continue
        title = match["title"] if match else cell
        for lesson in _meant(title, cell, lessons, chosen):
            most = number_in(points[index]) if index < len(points) else None
            found.append(column_for(index, lesson, most, lessons))
    return _only_one_each(found, header, lessons, chosen)


def _meant(
    title: str, cell: str, lessons: Sequence[Lesson], chosen: Mapping[str, str]
) -> list[Lesson | None]:
    """Return the lesson that a column's title names (None: the total), in a list; or nothing."""
    for word, column in chosen.items():
        if column in (title, cell.strip()):
            return [None] if word == TOTAL else [find_lesson(list(lessons), word)]
    if chosen:
        return []
    text = title.casefold()
    return [x for x in lessons if x.slug in text or x.title.casefold() in text]


def _only_one_each(
    found: list[Column],
    header: Sequence[str],
    lessons: Sequence[Lesson],
    chosen: Mapping[str, str],
) -> list[Column]:
    slugs = [column.lesson.slug if column.lesson else TOTAL for column in found]
    twice = {slug for slug in slugs if slugs.count(slug) > 1}
    if twice:
        raise FillError(f"more than one column for {', '.join(sorted(twice))}; choose by --column")
    if not found:
        columns = [c for c in header if _COLUMN.fullmatch(c.strip())]
        asked = next(iter(chosen), lessons[0].slug[:2] if lessons else TOTAL)
        example = columns[0] if columns else "…"
        raise FillError(f"no column is for {asked}; name it: --column {asked}='{example}'")
    return found


def who(header: Sequence[str]) -> Callable[[Sequence[str], Sequence[Learner]], str]:
    """Return how a row of Canvas is matched: by ID, SIS user, login, name, in this order."""
    ident = header.index(_ID)
    others = [header.index(name) for name in _NAMES if name in header]

    def named(row: Sequence[str], learners: Sequence[Learner]) -> str:
        cells = [row[i].strip() if i < len(row) else "" for i in others]
        number = row[ident].strip() if ident < len(row) else ""
        return one_of(Named("", number), learners) or first_of(cells, learners)

    return named
