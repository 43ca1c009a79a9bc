"""The comparison as a method: the mixin knows best what its version is."""

from dataclasses import dataclass, field
from typing import Any

from case_tracker.domain.errors import ConcurrentUpdateError


@dataclass(kw_only=True)
class Versioned:
    """Mixin: a version, and the question whether it is the one that somebody has seen."""

    version: int = field(default=1, compare=False)

    def was_seen(self, version: int | None) -> bool:
        return version is None or version == self.version


def expect_version(case: Any, expected_version: int | None) -> None:
    if not case.was_seen(expected_version):
        raise ConcurrentUpdateError(case.id)
