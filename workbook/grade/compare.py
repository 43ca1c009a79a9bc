"""What differs between two runs of a cohort."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbook.grade.store import Entry, Store


@dataclass(frozen=True)
class Change:
    """One learner and lesson that two runs see differently, and why."""

    learner: str
    lesson: str
    before: str
    after: str
    why: str


def changes(before: Store, after: Store) -> Iterator[Change]:
    """Yield every difference in verdict or points, ordered by learner and lesson."""
    old = {(entry.learner.key, entry.lesson): entry for entry in before.entries()}
    new = {(entry.learner.key, entry.lesson): entry for entry in after.entries()}
    for key in sorted(old.keys() | new.keys()):
        first, second = old.get(key), new.get(key)
        if _shown(first) != _shown(second):
            yield Change(*key, _shown(first), _shown(second), _why(first, second))


def _shown(entry: Entry | None) -> str:
    return f"{entry.verdict} {entry.earned:g}" if entry else "absent"


def _why(first: Entry | None, second: Entry | None) -> str:
    if first is None or second is None:
        return "only in one run"
    if first.overrides != second.overrides:
        return "a person decided"
    if first.receipt is None or second.receipt is None:
        return "only one was graded"
    pairs = zip(vars(first.receipt).items(), vars(second.receipt).values(), strict=True)
    other = [name for (name, old), new in pairs if old != new]
    return f"another {', '.join(other)}" if other else "the same receipt: a flaky submission"
