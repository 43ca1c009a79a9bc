"""A table as a platform wrote it. Written back, only what was changed in it differs."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.grade import clean
from workbook.grade.people import Named, delimiter_of, matches
from workbook.grade.submissions import Learner

TOTAL = "total"


class FillError(Exception):
    """The table cannot be filled; the message names the remedy."""


@dataclass(frozen=True)
class Column:
    """A column to fill: with one lesson, or with the total (no lesson)."""

    index: int
    lesson: Lesson | None
    possible: float
    most: float | None = None


@dataclass
class Table:
    """A table as it was downloaded; `comma` says that its numbers have a decimal comma."""

    rows: list[list[str]]
    delimiter: str
    newline: str
    bom: bool
    comma: bool
    quoted: bool

    def text(self) -> str:
        """Return it as it would be downloaded."""
        out = io.StringIO()
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL,
        )
        writer.writerows(self.rows)
        return "\ufeff" * self.bom + out.getvalue()

    def number(self, value: float) -> str:
        """Return a number as the importers compare it: two decimals, the mark of the site."""
        text = f"{value:.2f}"
        return text.replace(".", ",") if self.comma else text


def read(path: Path) -> Table:
    """Return a table, and how it was written.

    Raises:
        FillError: it cannot be read.
    """
    try:
        raw = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise FillError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FillError(f"{path} is not UTF-8; download it anew") from None
    text = raw.removeprefix("\ufeff")
    delimiter = delimiter_of(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FillError(f"{path} is no CSV: {error}") from None
    if not rows or not rows[0]:
        raise FillError(f"{path} is empty")
    comma = any(re.fullmatch(r"\d+,\d+", cell) for row in rows for cell in row)
    newline = "\r\n" if "\r\n" in text else "\n"
    quoted = text.startswith('"') and all(c.startswith('"') for c in text.split("\n")[1:2])
    return Table(rows, delimiter, newline, raw != text, comma or delimiter == ";", quoted)


def column_for(
    index: int, lesson: Lesson | None, most: float | None, lessons: Sequence[Lesson]
) -> Column:
    """Return a column for a lesson, or for the total of all lessons."""
    possible = sum(one.possible for one in ([lesson] if lesson else lessons))
    return Column(index, lesson, possible, most or None)


def number_in(text: str) -> float | None:
    """Return the number of a cell, whatever its decimal mark."""
    try:
        return float(clean.line(text).replace(",", "."))
    except ValueError:
        return None


def one_of(named: Named, learners: Sequence[Learner]) -> str:
    """Return the key of the one learner that is meant; nothing when it could be two."""
    keys = [learner.key for learner in learners if matches(learner, named)]
    return keys[0] if len(keys) == 1 else ""


def first_of(cells: Sequence[str], learners: Sequence[Learner]) -> str:
    """Return who the first cell that means anybody means."""
    found = (one_of(Named(cell), learners) for cell in cells if cell)
    return next((key for key in found if key), "")
