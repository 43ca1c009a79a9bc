"""Run an operation, look for N+1, and run it again with each repair: what helps is measured.

Never runs an operation a second time that has written something.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from workbook.lens.entries import Statement
from workbook.lens.findings import Effect, Finding
from workbook.lens.nplusone import NPlusOne
from workbook.lens.repairs import Trial
from workbook.lens.statements import Kind

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")


@dataclass(frozen=True)
class Examined(Generic[T]):
    """What came of an operation: its result, its statements, and what was found."""

    result: T
    statements: list[Statement]
    findings: list[Finding]


async def examine_async(
    operation: Callable[[], Awaitable[T]], *engines: "Engine | AsyncEngine", **options: Any
) -> Examined[T]:
    """Run the operation under the detector; `options` are NPlusOne's. It must be repeatable.

    A finding with a loader option for its repair carries the measured effect: the statements of
    the whole operation, before and after. An operation that writes is not run again.
    """
    with NPlusOne(*engines, **options) as watch:
        result = await operation()
    statements = watch.statements
    findings = watch.findings
    if all(statement.kind is Kind.SELECT for statement in statements):
        findings = [
            replace(one, effect=await _effect(operation, len(statements), one, engines, options))
            for one in findings
        ]
    return Examined(result, statements, findings)


def examine(
    operation: Callable[[], T], *engines: "Engine | AsyncEngine", **options: Any
) -> Examined[T]:
    """Do as examine_async, for an operation that is an ordinary function."""

    async def call() -> T:
        return operation()

    steps = examine_async(call, *engines, **options)
    try:
        steps.send(None)  # no event loop: nothing in here ever waits
    except StopIteration as end:
        examined: Examined[T] = end.value
        return examined
    raise RuntimeError("an ordinary operation cannot wait; use examine_async()")


async def _effect(
    operation: Callable[[], Awaitable[Any]],
    before: int,
    finding: Finding,
    engines: tuple[Any, ...],
    options: dict[str, Any],
) -> Effect | None:
    trial: Trial | None = finding.repair.trial if finding.repair else None
    if trial is None:
        return None
    watch = NPlusOne(*engines, **options, trial=trial)
    try:
        with watch:
            await operation()
    except Exception as error:  # noqa: BLE001 - whatever the repair breaks, it is no repair
        return Effect(before, None, f"{type(error).__name__}: {error}".partition("\n")[0])
    return Effect(before, watch.recorder.count())
