"""The proof that needs no reason: the same operation on more data must not send more statements.

Never looks at how the statements come about, so nothing that grows can hide from it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from workbook.lens.budget import folded
from workbook.lens.findings import verdict
from workbook.lens.measure import Examined, examine, examine_async

SIZES = (2, 7)


def constant(
    build: Callable[[int], Callable[[], object]], sizes: Sequence[int] = SIZES, **options: Any
) -> list[int]:
    """Return the statement counts, one for each size, which do not grow.

    `build(size)` stores so many rows, each with different neighbours, and returns the operation;
    what it sends itself is not counted. `options` are NPlusOne's.

    Raises:
        AssertionError: `2 rows took 3 statements, 7 rows took 8`, then what was sent and why.
    """
    __tracebackhide__ = True  # pytest shows the line of the test instead
    ordered = sorted(sizes)
    return _judged(ordered, [examine(build(size), **options) for size in ordered])


async def constant_async(
    build: Callable[[int], Awaitable[Callable[[], Awaitable[object]]]],
    sizes: Sequence[int] = SIZES,
    **options: Any,
) -> list[int]:
    """Do as constant(), with a `build` and an operation that are awaited."""
    __tracebackhide__ = True
    ordered = sorted(sizes)
    return _judged(ordered, [await examine_async(await build(n), **options) for n in ordered])


def _judged(sizes: Sequence[int], runs: Sequence[Examined[Any]]) -> list[int]:
    __tracebackhide__ = True
    counts = [len(run.statements) for run in runs]
    if counts == sorted(counts, reverse=True):
        return counts
    told = [f"{sizes[0]} rows took {_statements(counts[0])}"]
    told += [f"{size} rows took {count}" for size, count in zip(sizes, counts, strict=True)][1:]
    lines = [f"{', '.join(told)}; it must not grow", *folded(runs[-1].statements)]
    why = verdict(runs[-1].findings)
    raise AssertionError("\n".join(lines) + (f"\n\n{why}" if why else ""))


def _statements(count: int) -> str:
    return f"{count} statement{'' if count == 1 else 's'}"
