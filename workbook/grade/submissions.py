"""What a cohort handed in, as data. Nothing here reads a file: see `intake`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

REJECTED, NOT_SUBMITTED = "rejected", "not-submitted"


@dataclass(frozen=True)
class Learner:
    """A person of the cohort; `key` is unique in it and safe to show.

    `ident` is the number that Canvas or Moodle has for this person.
    """

    key: str
    name: str = ""
    email: str = ""
    ident: str = ""


@dataclass(frozen=True)
class Submission:
    """What one learner handed in for one lesson.

    `files` are the very bytes that will run. `problem` says why nothing can run: it is rejected;
    without files and without a problem, nothing was handed in. `notes` are for the instructor.
    """

    learner: str
    lesson: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    problem: str = ""
    notes: tuple[str, ...] = ()
    late: str = ""

    @property
    def state(self) -> str:
        """Return rejected, not-submitted, or nothing when it can be graded."""
        if self.problem:
            return REJECTED
        return "" if self.files else NOT_SUBMITTED

    @property
    def digest(self) -> str:
        """Return a hash of the files, names and bytes."""
        found = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            found.update(f"{name} {len(data)}\n".encode() + data)
        return found.hexdigest()


@dataclass(frozen=True)
class Cohort:
    """Everybody, and everything that was handed in, in the order of learners and lessons."""

    learners: tuple[Learner, ...]
    submissions: tuple[Submission, ...]
    notes: tuple[str, ...] = ()
