"""A verdict as lines of text. Plain enough for a pipe, a screen reader and CI."""

import textwrap
from collections.abc import Iterator

from workbook.feedback import show
from workbook.home import command
from workbook.verdict import TaskResult, TestResult, Verdict

MARKS = {"passed": "ok", "failed": "NO", "blocked": " .", "to do": "  "}
UNREADABLE = ("syntax", "import")


def render(verdict: Verdict, width: int = 80) -> Iterator[str]:
    """Yield the lines that a learner reads: the state of each task, the root cause, what to do."""
    score = f"{verdict.earned} of {len(verdict.tasks)} tasks"
    room = max(width - len(score) - 1, 0)
    yield f"{f'{verdict.lesson}  {verdict.title}'[:room]:<{room}} {score}"
    yield ""
    for task in verdict.tasks:
        yield f"  {_mark(task, verdict)}  {task.label}  {task.name}{_note(task)}"
    cause = verdict.root_cause
    if cause is None:
        yield from _success(verdict)
        return
    yield ""
    yield from _cause(cause, verdict, width)
    if cause.reason not in UNREADABLE:
        yield from _still_to_do(verdict, width)


def _mark(task: TaskResult, verdict: Verdict) -> str:
    """`ok` or `NO`; a task nobody has touched is neither, and the next one has an arrow."""
    if task.outcome == "failed" and task.untouched:
        return "->" if task is verdict.current else MARKS["to do"]
    return MARKS[task.outcome]


def _note(task: TaskResult) -> str:
    return f"  {task.tests[-1].message}" if task.outcome == "blocked" else ""


def _cause(test: TestResult, verdict: Verdict, width: int) -> Iterator[str]:
    if test.reason in UNREADABLE:
        yield "  your file cannot be used yet:"
    else:
        yield from _test(test, width)
    yield ""
    for line in test.message.splitlines():
        yield from _wrapped(line, width) or [""]
    if test.place:
        inside = f", in {test.place.function}" if test.place.function.isidentifier() else ""
        yield f"    at {show(test.place)}{inside}"
    if found := test.recognised:
        yield ""
        if found.evidence not in test.message:  # what stands above is not said twice
            yield from _wrapped(f"{found.evidence}.", width)
        yield from _wrapped(found.says, width)
        yield f"    read more: lessons/{verdict.lesson}/README.md#{found.section}"
    yield ""


def _test(test: TestResult, width: int) -> Iterator[str]:
    if test.task == 0:
        yield "  something that the lesson gave you does not work any more:"
    yield f"  {test.name}"
    if test.cost:
        yield from _wrapped(test.cost, width)


def _wrapped(text: str, width: int) -> list[str]:
    indent = "    " + " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, max(width - 4, 30), initial_indent="    ", subsequent_indent=indent)


def _still_to_do(verdict: Verdict, width: int) -> Iterator[str]:
    task = verdict.current
    if task is None:
        return
    yield "  next"
    yield from _wrapped(f"{task.label}  {task.todo}", width)
    where = f"{show(task.place)}   " if task.place else ""
    yield f"    {where}stuck? {command('hint', task.label)}"


def _success(verdict: Verdict) -> Iterator[str]:
    yield ""
    if verdict.passed:
        yield f"  passed. Compare: {command('solution', verdict.lesson[:2])}"
        yield f"          Go on: {command('next')}"
