"""The version of an aggregate, for optimistic concurrency. Never counts by itself: saving does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from case_tracker.domain.errors import ConcurrentUpdateError

if TYPE_CHECKING:
    from case_tracker.domain.case import Case


@dataclass(kw_only=True)
class Versioned:
    """Mixin: `version` is 1 when stored first, and one more after each save."""

    version: int = field(default=1, compare=False)


def expect_version(case: Case, expected_version: int | None) -> None:
    """Let the command go on when the caller has seen the newest version, or did not say.

    Raises:
        ConcurrentUpdateError: the case has another version than the caller has seen.
    """
    # TODO 10.6: refuse a command of a client who has seen another version
    raise NotImplementedError("TODO 10.6")
