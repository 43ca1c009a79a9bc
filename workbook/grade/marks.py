"""What came of one submission: the mark. The judge makes it; store, gradebook and pages read it."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from workbook.verdict import Verdict, from_data

Outcome = Literal["earned", "missed", "review"]
VERDICTS = (
    "ok",
    "failed",
    "timeout",
    "memory",
    "crashed",
    "flooded",
    "rejected",
    "tampered",
    "review",
    "not-submitted",
)


@dataclass(frozen=True)
class TaskMark:
    """One task. In review, its points are neither given nor taken: a person decides."""

    number: int
    label: str
    name: str
    outcome: Outcome
    points: float
    evidence: str = ""
    budget: str = ""

    @property
    def earned(self) -> float:
        """The points that both runs agree on."""
        return self.points if self.outcome == "earned" else 0.0


@dataclass(frozen=True)
class Mark:
    """One lesson of one learner. `feedback` is what the learner's tests said: a claim."""

    lesson: str
    verdict: str
    tasks: tuple[TaskMark, ...]
    evidence: tuple[str, ...] = ()
    feedback: Verdict | None = None
    seconds: float = 0.0
    cpu_s: float = 0.0
    rss_mib: float = 0.0
    reads: tuple[str, ...] = ()

    @property
    def earned(self) -> float:
        """The sum of what is earned."""
        return sum(task.earned for task in self.tasks)

    @property
    def possible(self) -> float:
        """The sum of all points."""
        return sum(task.points for task in self.tasks)

    @property
    def in_review(self) -> float:
        """The points that a person has to decide on."""
        return sum(task.points for task in self.tasks if task.outcome == "review")

    def to_data(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        feedback = self.feedback.to_data() if self.feedback else None
        return asdict(replace(self, feedback=None)) | {"feedback": feedback}


def mark_from_data(data: dict[str, Any]) -> Mark:
    """Return the mark that `to_data` was called on."""
    feedback = data["feedback"]
    changed = {
        "tasks": tuple(TaskMark(**task) for task in data["tasks"]),
        "evidence": tuple(data["evidence"]),
        "reads": tuple(data["reads"]),
        "feedback": from_data(feedback) if feedback else None,
    }
    return Mark(**data | changed)


@dataclass(frozen=True)
class Receipt:
    """What a mark depends on, as hashes and names. The same receipt means the same mark."""

    submission: str
    lesson: str
    versions: str
    grader: str
    tier: str
    seed: int
    limits: str
    extra: str = field(default="")
