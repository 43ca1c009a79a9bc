"""A verdict as lines of text. Plain enough for a pipe, a screen reader and CI."""

from collections.abc import Iterator

from workbook.feedback import show
from workbook.home import command
from workbook.text import BLANK, Line, Part, Role, line, plain, wrapped
from workbook.verdict import Place, TaskResult, TestResult, Verdict

MARKS: dict[str, tuple[str, Role]] = {
    "passed": ("ok", "good"),
    "failed": ("NO", "bad"),
    "blocked": (" .", "quiet"),
    "to do": ("  ", ""),
    "here": ("->", "here"),
}
UNREADABLE = ("syntax", "import", "file")


def render(verdict: Verdict, width: int = 80, *, compare: bool = True) -> Iterator[str]:
    """Yield the lines that a learner reads: the state of each task, the root cause, what to do."""
    return plain(lines(verdict, width, compare=compare))


def lines(  # noqa: PLR0913 - each option is named at the call
    verdict: Verdict,
    width: int,
    *,
    low: bool = False,
    keys: bool = False,
    indent: str = "",
    compare: bool = True,
) -> Iterator[Line]:
    """Yield the same lines with their meaning, for a terminal that can show it.

    `low` puts the tasks in as few rows as possible, for a window with few of them. `keys` says
    that a key opens a hint. `compare` is false where there is no solution to compare with.
    """
    yield from title(verdict, width, indent)
    yield from tasks(verdict, width, low=low)
    cause = verdict.root_cause
    if cause is None:
        yield from _success(verdict, width, compare=compare)
        return
    yield BLANK
    yield from root_cause(cause, verdict, width)
    if cause.reason not in UNREADABLE:
        yield from _still_to_do(verdict, width, keys=keys)


def title(verdict: Verdict, width: int, indent: str = "") -> Iterator[Line]:
    """Yield the lesson's name and how much of it is done."""
    score = f"{verdict.earned} of {len(verdict.tasks)} tasks"
    room = max(width - len(score) - len(indent) - 1 - len(indent) // 2, 0)
    name = f"{verdict.lesson}  {verdict.title}"[:room]
    yield line(indent, Part(name, "strong"), " " * (room - len(name) + 1), score)
    yield BLANK


def tasks(verdict: Verdict, width: int, *, low: bool = False) -> Iterator[Line]:
    """Yield one line for each task; `low` puts several into a line."""
    if low:
        yield from _in_rows(verdict, width)
        return
    for task in verdict.tasks:
        mark, role = MARKS[_state(task, verdict)]
        name_role: Role = "quiet" if task.outcome == "blocked" else ""
        yield line(
            "  ",
            Part(mark, role),
            Part(f"  {task.label}  {task.name}", name_role),
            _note(task, verdict),
        )


def _in_rows(verdict: Verdict, width: int) -> Iterator[Line]:
    row: list[Part] = []
    for task in verdict.tasks:
        mark, role = MARKS[_state(task, verdict)]
        row += [Part(f"  {mark}", role), Part(f" {task.label}")]
        if sum(len(part.text) for part in row) > width - 10:
            yield tuple(row)
            row = []
    yield tuple(row)


def _state(task: TaskResult, verdict: Verdict) -> str:
    """`ok` or `NO`; a task nobody has touched is neither, and the next one has an arrow."""
    if task.outcome == "failed" and task.untouched:
        return "here" if task is verdict.current else "to do"
    return task.outcome


def _note(task: TaskResult, verdict: Verdict) -> Part:
    if task.number in verdict.regressed:
        return Part("  it was green before", "bad")
    return Part(f"  {task.tests[-1].message}" if task.outcome == "blocked" else "", "quiet")


def root_cause(test: TestResult, verdict: Verdict, width: int) -> Iterator[Line]:
    """Yield what is known about the failing test to look at first."""
    if test.reason in UNREADABLE:
        yield line("  your file cannot be used yet:")
    else:
        yield from _test(test, width)
    yield BLANK
    for text in test.message.splitlines():
        yield from wrapped(text, width, role="strong") if text.strip() else (BLANK,)
    if test.place:
        inside = f", in {test.place.function}" if test.place.function.isidentifier() else ""
        yield line("    at ", _link(test.place), inside)
    if found := test.recognised:
        yield BLANK
        if found.evidence not in test.message:  # what stands above is not said twice
            yield from wrapped(f"{found.evidence}.", width)
        yield from wrapped(found.says, width)
        page = f"lessons/{verdict.lesson}/README.md"
        yield line("    read more: ", Part(f"{page}#{found.section}", link=page))
    yield BLANK


def _test(test: TestResult, width: int) -> Iterator[Line]:
    if test.task == 0:
        yield line("  something that the lesson gave you does not work any more:")
    yield line(f"  {test.name}")
    if test.cost:
        yield from wrapped(test.cost, width, role="quiet")


def _link(place: Place) -> Part:
    return Part(show(place), link=str(place))


def _still_to_do(verdict: Verdict, width: int, *, keys: bool) -> Iterator[Line]:
    task = verdict.current
    if task is None:
        return
    yield line(Part("  next", "here"))
    yield from wrapped(f"{task.label}  {task.todo}", width)
    hint = "press h" if keys else command("hint", task.label)
    where = (_link(task.place), Part("   ")) if task.place else ()
    yield line("    ", *where, Part(f"stuck? {hint}", "quiet"))


def _success(verdict: Verdict, width: int, *, compare: bool) -> Iterator[Line]:
    if not verdict.passed:
        return
    yield from passed(verdict, width)
    yield BLANK
    number = verdict.lesson[:2]
    if compare:
        yield line(f"  Compare: {command('solution', number)}")
    yield line(f"  Explain: {command('explain', number)}")
    yield line(f"  Go on: {command('next')}")


def passed(verdict: Verdict, width: int) -> Iterator[Line]:
    """Yield the small screen after success: what it cost, and one question."""
    costs = [f"{_plural(cost.sent)} (budget {cost.budget})" for cost in verdict.costs]
    yield BLANK
    yield line("  ", Part(" · ".join(["passed", *costs]), "good"))
    if verdict.question:
        yield BLANK
        yield from wrapped(verdict.question, width, "  ")


def _plural(statements: int) -> str:
    return f"{statements} statement" + "s" * (statements != 1)
