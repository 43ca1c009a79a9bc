"""A statement with all that the detectors know about it.

Never computed while the program runs: it is put together when somebody asks for findings.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from workbook.lens.drafts import frames_of
from workbook.lens.entries import Event, Frame, Statement
from workbook.lens.fingerprints import Shape, shape, values
from workbook.lens.loads import Load, Siblings
from workbook.lens.together import Together

Mine = Callable[[str], bool]
E = TypeVar("E", bound=Statement | Event)
Group = tuple[int, tuple[Any, ...]]
"""The number of a result and a path in it: what was loaded lazily, for which rows."""


@dataclass(eq=False)
class Sent:
    """One statement, as it is shown. `frames` are all lines of user code that were running.

    `unit` is the piece of work it belongs to, `period` its transaction.
    """

    statement: Statement
    frames: tuple[Frame, ...]
    load: Load | None
    unit: int
    period: int

    @cached_property
    def shape(self) -> Shape:
        """The text without its values."""
        return shape(self.statement.text)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The values, in the order of the shape's slots."""
        return values(self.shape.slots, self.statement.parameters)

    @property
    def lines(self) -> Hashable:
        """The lines that were running, each once: recursion must not make a loop look new."""
        return tuple(dict.fromkeys(self.frames))


def yours(entry: E, mine: Mine | None) -> E:
    """Return the entry with the frames of the files that you call yours, if there are any."""
    if mine is None:
        return entry
    frames = tuple(frame for frame in entry.frames if mine(frame.path))
    return replace(entry, frames=frames) if frames else entry


@dataclass
class Watched:
    """Everything one watch has seen."""

    sent: list[Sent]
    siblings: dict[Group, Siblings]
    mine: Mine | None

    def loaded(self, together: Together) -> tuple[Frame | None, tuple[Frame, ...]]:
        """Return the line that loaded these rows, and all frames of that moment."""
        frames = frames_of(together.calls)
        mine = self.mine
        named = [frame for frame in frames if mine is None or mine(frame.path)] or frames
        return named[0] if named else None, frames
