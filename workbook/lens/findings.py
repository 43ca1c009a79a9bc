"""What a detector found, in words: what was sent, where from, and what to write instead.

Never claims an effect that was not measured.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from workbook.lens.budget import folded
from workbook.lens.entries import Frame, Statement, cut
from workbook.lens.repairs import Repair

Sort = Literal["relationship", "column", "read", "write"]
_WIDTH = 60  # what a report of 80 columns leaves beside the first word
_SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Effect:
    """How many statements the whole operation took, without the repair and with it."""

    before: int
    after: int | None
    error: str | None = None

    @property
    def helps(self) -> bool:
        """Tell whether the repair was seen to help."""
        return self.after is not None and self.after < self.before


@dataclass(frozen=True, slots=True)
class Finding:
    """Statements that grow with the data.

    `name` is what an allow list names: "CaseRecord.notes", or "SELECT cases". `touched` of
    `siblings` rows that were loaded together took `statements`; `loaded` is the line that loaded
    the rows, when that was seen. `results` tells in how many results it
    happened between the same two lines.
    """

    sort: Sort
    name: str
    headline: str
    statements: tuple[Statement, ...]
    touched: int
    siblings: int
    repair: Repair | None
    loaded: Frame | None = None
    results: int = 1
    effect: Effect | None = None

    @property
    def lines(self) -> list[tuple[Frame, int]]:
        """The lines that touched the rows, or sent the statements, and how often; most first."""
        places = (statement.place for statement in self.statements)
        return Counter(place for place in places if place is not None).most_common()

    @property
    def place(self) -> Frame | None:
        """The line that touched the rows, or sent the statements, most often."""
        return self.lines[0][0] if self.lines else None

    def __str__(self) -> str:
        again = f", in each of {self.results} results" if self.results > 1 else ""
        rows = [("loaded", _line(self.loaded))] if self.loaded else []
        word = "touched" if self.sort in {"relationship", "column"} else "sent"
        rows += [(word, _line(frame, f"  x{times}")) for frame, times in self.lines]
        rows += self._remedy()
        return "\n".join(
            [self.headline + again, *(f"  {a:<9} {b}" for a, b in rows), *folded(self.statements)]
        )

    def _remedy(self) -> list[tuple[str, str]]:
        if self.repair is None:
            return []
        effect, code = self.effect, ("repair", str(self.repair))
        if effect is None:
            return [code]
        if effect.helps:
            return [code, ("measured", f"{effect.before} -> {effect.after} statements")]
        came = effect.error or f"{effect.after} statements, as many as before"
        return [("tried", f"{self.repair}: {came}")]


def _line(frame: Frame, times: str = "") -> str:
    room = max(_WIDTH - len(f"{frame.short}  {times}"), _SHORTEST)
    return f"{frame.short}  {cut(frame.text, room)}".rstrip() + times


def verdict(findings: Sequence[Finding], allow: Iterable[str] = ()) -> str | None:
    """Return the failing message for what is not allowed, or None when nothing is left."""
    allowed = set(allow)
    left = [finding for finding in findings if finding.name not in allowed]
    return "\n\n".join(map(str, left)) or None
