"""The grading worksheet that Moodle exports, in the language of its site."""

import re
from collections.abc import Mapping, Sequence

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

_PARTICIPANT = re.compile(r"\D+\s*(?P<ident>\d+)")
# Headers are in the language of the site. --column names any other.
_GRADE = (
    *("grade", "bewertung", "note", "calificación", "valutazione", "nota", "cijfer", "betyg"),
    *("karakter", "arvosana", "ocena", "hodnocení", "értékelés", "оценка", "评分", "成績"),
)
_MOST = (
    *("maximum grade", "beste bewertung", "bestbewertung", "note maximale", "calificación máxima"),
    *("valutazione massima", "nota máxima", "maximum cijfer", "maximalt betyg"),
)


def is_moodle(table: Table) -> bool:
    """Say whether Moodle wrote this table: each row begins with `Participant 123`."""
    first = [row[0].strip() for row in table.rows[1:] if row]
    return bool(first) and all(_PARTICIPANT.fullmatch(cell) for cell in first)


def columns(table: Table, lessons: Sequence[Lesson], chosen: Mapping[str, str]) -> list[Column]:
    """Return the column of grades.

    Raises:
        FillError: its name is in none of the languages known here.
    """
    header = [cell.strip() for cell in table.rows[0]]
    lower = [cell.casefold() for cell in header]
    names = [c for c in chosen.values() if c in header]
    index = header.index(names[0]) if names else _index(lower, _GRADE)
    if index is None:
        raise FillError(
            f"which column is the grade? Name it: --column total=NAME, one of {', '.join(header)}"
        )
    most = _index(lower, _MOST)
    rows = [row for row in table.rows[1:] if most is not None and most < len(row)]
    value = number_in(rows[0][most]) if rows and most is not None else None
    word = next((word for word in chosen), TOTAL)
    lesson = find_lesson(list(lessons), word) if word != TOTAL else None
    return [column_for(index, lesson, value, lessons)]


def who(row: Sequence[str], learners: Sequence[Learner]) -> str:
    """Return who a row of Moodle means: by the participant, an address, the name."""
    match = _PARTICIPANT.fullmatch(row[0].strip()) if row else None
    if match is None:
        return ""
    cells = [c for c in row[1:] if "@" in c] + list(row[1:2])
    return one_of(Named("", match["ident"]), learners) or first_of(cells, learners)


def _index(lower: Sequence[str], names: Sequence[str]) -> int | None:
    return next((lower.index(name) for name in names if name in lower), None)
