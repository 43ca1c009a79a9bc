"""A card of one's own run, before and after, as text and as a picture. Every number was measured.

Never counts anything itself: the lesson's probe does, on the starter and on the learner's file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from workbook.check import CheckError
from workbook.curriculum import Lesson
from workbook.derive import Texts, starter
from workbook.home import shipped
from workbook.trial import ask_probe, judge
from workbook.variants import Variant
from workbook.verdict import Verdict

BAR = 32


@dataclass(frozen=True)
class Row:
    """One measured pair. `before` is None when the starter cannot do it at all."""

    what: str
    unit: str
    before: int | None
    after: int

    def __str__(self) -> str:
        before = "nothing" if self.before is None else self.before
        return f"{self.what}: {before} -> {self.after} {self.unit}"


@dataclass(frozen=True)
class Measured:
    """What is on the card of one lesson."""

    lesson: Lesson
    tasks: Row
    cost: Row | None

    @property
    def main(self) -> Row:
        """The number that the card is about."""
        return self.cost or self.tasks


def measure(lesson: Lesson) -> Measured:
    """Run starter and learner's files, each in a process of its own, and return both numbers.

    Raises:
        CheckError: the learner's files cannot be run; the message says why.
    """
    try:
        yours = {f.name: (lesson.folder / f.name).read_text("utf-8") for f in lesson.files}
    except (OSError, UnicodeDecodeError) as error:
        raise CheckError(f"your file cannot be read: {error}") from None
    first = starter(lesson, shipped())
    variants = [Variant("starter", first), Variant("yours", yours)]
    verdicts = judge(lesson, variants)
    green = {name: _green(verdict) for name, verdict in verdicts.items()}
    tasks = Row("tasks", f"of {len(lesson.tasks)}", green["starter"], green["yours"])
    return Measured(lesson, tasks, _cost(lesson, first, yours))


def _green(verdict: Verdict | str) -> int:
    if isinstance(verdict, str):
        raise CheckError(f"your file cannot be run: {verdict.strip().splitlines()[-1]}")
    return verdict.earned


def _cost(lesson: Lesson, first: Texts, yours: Texts) -> Row | None:
    if lesson.card is None:
        return None
    try:
        after = ask_probe(lesson, yours, lesson.card.observe)
    except CheckError:
        return None  # not finished: the tasks say so
    try:
        before = ask_probe(lesson, first, lesson.card.observe)
    except CheckError:
        before = None
    if not isinstance(after, int):
        return None
    known = before if isinstance(before, int) else None
    return Row(lesson.card.what, lesson.card.unit, known, after)


def as_text(card: Measured) -> Iterator[str]:
    """Yield the card as lines that fit into 72 columns and need no colour."""
    yield f"{card.lesson.slug}  {card.lesson.title}"
    yield ""
    if card.cost:
        yield f"  {card.cost}"
        yield ""
        for name, count in (("before", card.cost.before), ("after", card.cost.after)):
            yield f"  {name:<6}  {'=' * _length(count, card.cost, BAR)} {_shown(count)}"
        yield ""
    yield f"  {card.tasks}"


def _shown(count: int | None) -> str:
    return "nothing to measure" if count is None else str(count)


def _length(count: int | None, row: Row, longest: int) -> int:
    most = max(row.before or 0, row.after, 1)
    return round(longest * (count or 0) / most)


def as_svg(card: Measured) -> str:
    """Return the card as a picture that fits light and dark pages, with its text as text."""
    row = card.main
    most = _WIDTH - 2 * _MARGIN - 60
    bars = [_length(count, row, most) for count in (row.before, row.after)]
    return _SVG.format(
        alt=escape(f"{card.lesson.title}. {row}. {card.tasks}."),
        title=escape(f"{card.lesson.slug[:2]} · {card.lesson.title}"),
        what=escape(row.what),
        before="?" if row.before is None else row.before,
        after=row.after,
        unit=escape(row.unit),
        before_bar=max(bars[0], 2),
        after_bar=max(bars[1], 2),
        before_at=_MARGIN + max(bars[0], 2) + 10,
        after_at=_MARGIN + max(bars[1], 2) + 10,
        tasks=escape(f"{card.tasks.after} {card.tasks.unit} tasks green"),
    )


def is_free(path: Path) -> bool:
    """Say whether a picture may be written here: nothing is here yet, or an older card."""
    return not path.exists() or _SIGN in path.read_text("utf-8", errors="replace")


_WIDTH, _MARGIN = 640, 32
_SIGN = "<!-- workbook card -->"
_SVG = (
    _SIGN
    + """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" width="640" height="320" role="img">
<title>{alt}</title>
<style>
  svg {{ --page: #ffffff; --line: #d0d7de; --ink: #1f2328; --soft: #59636e; --old: #bc4c00;
        --new: #1a7f37; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }}
  @media (prefers-color-scheme: dark) {{
    svg {{ --page: #0d1117; --line: #3d444d; --ink: #f0f6fc; --soft: #9198a1; --old: #f0883e;
          --new: #3fb950; }}
  }}
  .page {{ fill: var(--page); stroke: var(--line); }} .ink {{ fill: var(--ink); }}
  .soft {{ fill: var(--soft); font-size: 15px; }} .old {{ fill: var(--old); }}
  .new {{ fill: var(--new); }} .number {{ font-size: 20px; font-weight: 600; }}
</style>
<rect class="page" x="0.5" y="0.5" width="639" height="319" rx="12"/>
<text class="ink" x="32" y="48" font-size="20" font-weight="600">{title}</text>
<text class="soft" x="32" y="76">{what}</text>
<text x="32" y="128" font-size="36" font-weight="700">
  <tspan class="old">{before}</tspan>
  <tspan class="soft" style="font-size: 30px">→</tspan>
  <tspan class="new">{after}</tspan>
  <tspan class="ink" font-size="22" font-weight="400">{unit}</tspan>
</text>
<text class="soft" x="32" y="164">before</text>
<rect class="old" x="32" y="172" width="{before_bar}" height="22" rx="4"/>
<text class="ink number" x="{before_at}" y="190">{before}</text>
<text class="soft" x="32" y="222">after</text>
<rect class="new" x="32" y="230" width="{after_bar}" height="22" rx="4"/>
<text class="ink number" x="{after_at}" y="248">{after}</text>
<text class="soft" x="32" y="292">{tasks}</text>
<text class="soft" x="608" y="292" text-anchor="end">The Unit of Workbook</text>
</svg>
"""
)
