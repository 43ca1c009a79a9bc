"""What can happen to a watcher. Posted from any thread, handled one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from workbook.warm.orders import Answer


@dataclass(frozen=True)
class Key:
    """A key was pressed: its character, or its name (`up`, `enter`, `escape`, …)."""

    name: str


@dataclass(frozen=True)
class Saved:
    """A file of the lesson at hand was written, deleted or replaced."""


@dataclass(frozen=True)
class Heard:
    """The warm process has answered."""

    answer: Answer


@dataclass(frozen=True)
class Resized:
    """The window has another size, or must be drawn anew."""


@dataclass(frozen=True)
class Noticed:
    """Something that the learner should know; it stands above the keys from now on."""

    text: str


@dataclass(frozen=True)
class Ended:
    """The terminal is gone, or the system wants us to end."""


Event = Key | Saved | Heard | Resized | Noticed | Ended
Post = Callable[[Event], None]
