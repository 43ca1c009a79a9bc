"""What came of running a lesson: one structure for terminal, JSON, grader and site."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

COST = "its cost"  # the name of a task without holes
Outcome = Literal["passed", "failed", "blocked"]


@dataclass(frozen=True)
class Place:
    """A line of the learner's file."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Recognised:
    """A misconception that was recognised, with what gave it away."""

    slug: str
    evidence: str
    says: str
    section: str


@dataclass(frozen=True)
class TestResult:
    """One test. `cost` is what breaks in production when it fails: the test's docstring.

    `statements` holds what was sent where the test looked, or by the learner's lines. `measured`
    holds the number of statements of each block in which the test counted them.
    """

    __test__ = False  # the name is ours, not pytest's

    name: str
    task: int
    outcome: Outcome
    message: str = ""
    reason: str = ""
    cost: str = ""
    place: Place | None = None
    recognised: Recognised | None = None
    statements: list[dict[str, Any]] = field(default_factory=list)
    measured: list[int] = field(default_factory=list)
    observed: dict[str, Any] = field(default_factory=dict)
    duration_s: float = 0.0


@dataclass(frozen=True)
class TaskResult:
    """One task: passed when all of its tests passed, blocked while a task it needs is red.

    `untouched` says that its code still is as the starter had it. `place` is where to work.
    """

    number: int
    label: str
    name: str
    todo: str
    place: Place | None
    untouched: bool
    needs: tuple[int, ...]
    tests: list[TestResult]

    @property
    def outcome(self) -> Outcome:
        """Say how the task stands."""
        outcomes = {test.outcome for test in self.tests}
        if "failed" in outcomes:
            return "failed"
        return "blocked" if "blocked" in outcomes else "passed"


@dataclass(frozen=True)
class Cost:
    """What the measured call of a function sent, and what it may send."""

    function: str
    sent: int
    budget: int


@dataclass(frozen=True)
class Verdict:
    """One lesson. `guards` are tests that the starter passes and that must stay green.

    `question` asks for the explanation after success. `regressed` names the red tasks that were
    green before; `since` fills it.
    """

    lesson: str
    title: str
    tasks: list[TaskResult]
    guards: list[TestResult]
    duration_s: float
    question: str = ""
    budget: dict[str, int] = field(default_factory=dict)
    regressed: tuple[int, ...] = ()

    @property
    def passed(self) -> bool:
        """Say whether everything that ran is green, and every task ran."""
        tests = [*self.guards, *(test for task in self.tasks for test in task.tests)]
        return all(test.outcome == "passed" for test in tests) and all(t.tests for t in self.tasks)

    @property
    def earned(self) -> int:
        """Count the green tasks."""
        return sum(task.outcome == "passed" for task in self.tasks)

    @property
    def green(self) -> list[int]:
        """Return the numbers of the green tasks."""
        return [task.number for task in self.tasks if task.outcome == "passed"]

    @property
    def costs(self) -> list[Cost]:
        """Return what the functions with a budget cost, as far as the tests have counted it."""
        found = []
        for function, budget in self.budget.items():
            tasks = [task for task in self.tasks if task.name in (function, COST)]
            counts = [n for task in tasks for test in task.tests for n in test.measured]
            if counts:
                found.append(Cost(function, max(counts), budget))
        return found

    def since(self, green: Collection[int]) -> "Verdict":
        """Return the verdict that knows which tasks were green before."""
        lost = {task.number for task in self._red()} & set(green)
        return replace(self, regressed=tuple(sorted(lost)))

    @property
    def root_cause(self) -> TestResult | None:
        """Return the failing test to look at first."""
        return next(self.failures(), None)

    @property
    def current(self) -> TaskResult | None:
        """Return the task to work on: red, and green before or begun; never one that waits."""
        unfinished = (task for task in self.tasks if task.outcome != "passed")
        return next(iter(self._red()), None) or next(unfinished, None)

    def failures(self) -> Iterator[TestResult]:
        """Yield the failing tests, root cause first.

        Guards, then what was green before, then what was begun, then what nobody has touched.
        Of one task, the test that recognised a mistake comes first: it has more to say.
        """
        yield from (test for test in self.guards if test.outcome == "failed")
        for task in self._red():
            failed = (test for test in task.tests if test.outcome == "failed")
            yield from sorted(failed, key=lambda test: test.recognised is None)

    def _red(self) -> list[TaskResult]:
        return sorted((t for t in self.tasks if t.outcome == "failed"), key=self._rank)

    def _rank(self, task: TaskResult) -> tuple[bool, bool]:
        return task.number not in self.regressed, task.untouched

    def to_data(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        data = asdict(self)
        for shown, task in zip(data["tasks"], self.tasks, strict=True):
            shown["outcome"] = task.outcome
        score = {"earned": self.earned, "possible": len(self.tasks)}
        return data | {"passed": self.passed, "score": score}


def from_data(data: dict[str, Any]) -> Verdict:
    """Return the verdict that `to_data` was called on."""
    return Verdict(
        lesson=data["lesson"],
        title=data["title"],
        tasks=[_task(task) for task in data["tasks"]],
        guards=[_test(test) for test in data["guards"]],
        duration_s=data["duration_s"],
        question=data["question"],
        budget=data["budget"],
        regressed=tuple(data["regressed"]),
    )


def _task(data: dict[str, Any]) -> TaskResult:
    known = {key: value for key, value in data.items() if key != "outcome"}
    known["needs"] = tuple(data["needs"])
    known["place"] = _place(data["place"])
    known["tests"] = [_test(test) for test in data["tests"]]
    return TaskResult(**known)


def _test(data: dict[str, Any]) -> TestResult:
    recognised = data["recognised"]
    changed = {
        "place": _place(data["place"]),
        "recognised": Recognised(**recognised) if recognised else None,
    }
    return TestResult(**data | changed)


def _place(data: dict[str, Any] | None) -> Place | None:
    return Place(**data) if data else None
