"""One mistake, hidden in a copy of a learner's file. The file itself is read and never written."""

import ast
import difflib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.check import CheckError
from workbook.curriculum import Lesson, Misconception
from workbook.derive import Texts, with_piece
from workbook.lens.entries import cut
from workbook.lens.statements import brief
from workbook.source import Definition, SymbolNotFoundError
from workbook.trial import judge
from workbook.variants import Variant
from workbook.verdict import TestResult, Verdict


class NothingToHideError(Exception):
    """There is no mistake to look for; the message says why and what to do."""


@dataclass(frozen=True)
class Hidden:
    """A mistake and what it does. `number` is its place among all that this lesson knows."""

    number: int
    of: int
    mistake: Misconception
    test: TestResult
    yours: Texts
    copy: Texts

    def lines(self) -> Iterator[str]:
        """Yield the code of the learner's file that the copy has otherwise, and what it has."""
        for name, text in self.yours.items():
            before, after = _bare(text), _bare(self.copy[name])
            difference = difflib.unified_diff(before, after, name, "the copy", n=1, lineterm="")
            yield from (line for line in difference if not line.startswith(("---", "+++", "@@")))


def _bare(text: str) -> list[str]:
    """Return the code alone: a mistake is not in a comment, a docstring or an annotation."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, Definition) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree).splitlines()


def hide(lesson: Lesson, pieces: Path, number: int | None = None) -> Hidden:
    """Hide one of the lesson's mistakes, any one or the one with this number.

    `pieces` is the folder of the package with the mistakes' code.

    Raises:
        NothingToHideError: the lesson has not passed, or no mistake fits into the learner's file.
        CheckError: a file cannot be read, or the tests cannot be run.
    """
    try:
        yours = {f.name: (lesson.folder / f.name).read_text("utf-8") for f in lesson.files}
    except (OSError, UnicodeDecodeError) as error:
        raise CheckError(f"your file cannot be read: {error}") from None
    chosen = [
        (place, mistake, copy)
        for place, mistake in enumerate(lesson.misconceptions, 1)
        if number in (None, place) and (copy := _spoiled(yours, mistake, pieces))
    ]
    random.shuffle(chosen)
    own = [Variant("yours", yours)]  # run once, together with the first copy
    for place, mistake, copy in chosen:
        verdicts = judge(lesson, [*own, Variant("copy", copy)])
        _expect_success(lesson, verdicts)
        own = []
        if test := _proof(verdicts["copy"], mistake):
            return Hidden(place, len(lesson.misconceptions), mistake, test, yours, copy)
    _expect_success(lesson, judge(lesson, own))
    raise NothingToHideError("no mistake that we know fits into the way you wrote it")


def _expect_success(lesson: Lesson, verdicts: Mapping[str, Verdict | str]) -> None:
    verdict = verdicts.get("yours")
    if verdict is not None and not (isinstance(verdict, Verdict) and verdict.passed):
        raise NothingToHideError(f"{lesson.slug} has not passed yet: there is enough to find")


def _spoiled(yours: Texts, mistake: Misconception, pieces: Path) -> Texts | None:
    path = pieces / f"{mistake.slug.replace('-', '_')}.py"
    try:
        return with_piece(yours, path.read_text(encoding="utf-8"))
    except (SyntaxError, SymbolNotFoundError, StopIteration):
        return None


def _proof(verdict: Verdict | str, mistake: Misconception) -> TestResult | None:
    """Return the first test that fails, if it fails for this mistake and no other reason."""
    if isinstance(verdict, str) or verdict.root_cause is None:
        return None
    failures = list(verdict.failures())
    known = any(test.recognised and test.recognised.slug == mistake.slug for test in failures)
    return failures[0] if known else None


def film(statements: Sequence[dict[str, Any]], width: int) -> Iterator[str]:
    """Yield what the test made the copy send, without the lines: those are to be found."""
    number = 0
    for entry in statements:
        if entry["type"] == "event":
            yield f"      {entry['kind']} {entry['name'] or ''}".rstrip()
            continue
        number += 1
        rows = "" if entry["rows"] is None else f"  rows: {entry['rows']}"
        yield f"{number:>4}  {cut(brief(entry['text']), width - 8 - len(rows))}{rows}"
