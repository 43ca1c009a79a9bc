"""What the tests of a task have sent: numbered SQL, the lines that caused it, the transaction.

Reads a verdict, runs nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from workbook.lens.entries import cut
from workbook.text import BLANK, Line, Part, Role, line, wrapped
from workbook.verdict import TaskResult, TestResult, Verdict

Entry = dict[str, Any]
_SIDE_BY_SIDE = 110
_NOTHING = "Nothing was sent by your lines, and no test of this task has counted."


def of_verdict(verdict: Verdict, task: TaskResult | None, width: int) -> Iterator[Line]:
    """Yield what was sent in the tests of one task; without a task, of all that have a budget."""
    chosen = (
        [task] if task else [t for t in verdict.tasks if any(test.measured for test in t.tests)]
    )
    tests = [test for one in chosen for test in one.tests if test.statements]
    label = f"{task.label}  {task.name}" if task else verdict.title
    yield line(Part(f"  What {label} sent", "strong"))
    for cost in verdict.costs:
        role: Role = "good" if cost.sent <= cost.budget else "bad"
        yield line(f"  {cost.function}(): ", Part(f"{cost.sent} sent, budget {cost.budget}", role))
    if not tests:
        yield BLANK
        yield from wrapped(_NOTHING, width)
    for test in tests:
        yield BLANK
        yield line(f"  {test.name}", Part(f"  {_sum(test)}", "quiet"))
        yield from sent(test.statements, width)


def beside(yours: Verdict, reference: Verdict, width: int) -> Iterator[Line]:
    """Yield what your code sent beside what the reference sends, test by test."""
    yield line(Part("  Your statements beside the reference's", "strong"))
    theirs = {test.name: test for task in reference.tasks for test in task.tests}
    same = 0
    for test in (test for task in yours.tasks for test in task.tests if test.statements):
        other = theirs.get(test.name)
        if other is None or _texts(test) == _texts(other):
            same += 1
            continue
        yield BLANK
        yield line(f"  {test.name}")
        yield from _two(test, other, width)
    yield BLANK
    tests = f"{same} test" + "s" * (same != 1)
    if any(test.statements for task in yours.tasks for test in task.tests):
        yield line(f"  The same in {tests}." if same else "  No test has sent the same.")
    else:
        yield line("  In this lesson your lines send nothing themselves.")


def _two(yours: TestResult, other: TestResult, width: int) -> Iterator[Line]:
    if width < _SIDE_BY_SIDE:
        for title, test in (("yours", yours), ("reference", other)):
            yield line(Part(f"    {title}: {_sum(test)}", "quiet"))
            yield from sent(test.statements, width)
        return
    half = (width - 2) // 2
    columns = [
        [line(Part(f"    {title}: {_sum(test)}", "quiet")), *sent(test.statements, half)]
        for title, test in (("yours", yours), ("reference", other))
    ]
    for number in range(max(map(len, columns))):
        left, right = (c[number] if number < len(c) else BLANK for c in columns)
        used = sum(len(part.text) for part in left)
        yield (*left, Part(" " * (half - used)), *right)


def _texts(test: TestResult) -> list[str]:
    return [str(entry.get("text", entry["kind"])) for entry in test.statements]


def _sum(test: TestResult) -> str:
    count: int = sum(entry["type"] == "statement" for entry in test.statements)
    return f"{count} statement" + "s" * (count != 1)


def sent(entries: Sequence[Entry], width: int) -> Iterator[Line]:
    """Yield each entry below the line that caused it; what repeats is counted, not repeated."""
    number = 0
    for where, group in groupby(entries, _place):
        yield line(Part(f"    {where}", "quiet")) if where else line(Part("    the test", "quiet"))
        for text, same in groupby(group, lambda entry: _short(entry, width)):
            alike = list(same)
            first = alike[0]
            times = f"  {len(alike)} times" if alike[1:] else ""
            if first["type"] == "event":
                yield line(f"         {text}", Part(times, "quiet"))
                continue
            yield line(
                f"    {number + 1:>3}  {text}", Part(_facts(first), "quiet"), Part(times, "bad")
            )
            number += len(alike)


def _place(entry: Entry) -> str:
    if not entry["frames"]:
        return ""
    from workbook.lens.entries import Frame  # noqa: PLC0415 - it reads the line from the file

    frame = Frame(**entry["frames"][0])
    return f"{frame.short}  {frame.text}"


def _short(entry: Entry, width: int) -> str:
    from workbook.lens.statements import brief  # noqa: PLC0415 - only for what is shown

    if entry["type"] == "event":
        return f"{entry['kind']} {entry['name'] or brief(str(entry['detail']))}".rstrip()
    return cut(brief(str(entry["text"])), max(width - 30, 30))


def _facts(entry: Entry) -> str:
    if entry["error"]:
        return f"  failed: {entry['error'].partition(':')[0]}"
    rows = entry["rows"]
    return "" if rows is None else "  1 row" if rows == 1 else f"  {rows} rows"
