"""How far a grading is: a bar with rate and time left in a terminal, plain lines elsewhere."""

import sys
from collections import Counter
from typing import Self

import click

from workbook.grade import clean
from workbook.grade.grading import Step


class Live:
    """Shows steps as they are done. In a terminal only trouble gets a line of its own."""

    def __init__(self, total: int) -> None:
        self._bar = _Bar(total) if total and sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, step: Step) -> None:
        """Show one submission that is done."""
        if self._bar:
            self._bar.show(step)
        else:
            click.echo(_line(step), err=True)


def _line(step: Step) -> str:
    how = "  (known)" if step.known else ""
    trouble = f"  {clean.line(step.trouble)}" if step.trouble else ""
    who = clean.line(step.learner, 30)
    return f"{step.done}/{step.total}  {who:<30}  {step.lesson:<20}  {step.verdict}{how}{trouble}"


class _Bar:
    """A bar on stderr. The rate counts what was graded now, not what was known before."""

    def __init__(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415 - it takes time, and only a terminal needs it
        from rich.progress import (  # noqa: PLC0415 - the same
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self._progress = Progress(
            BarColumn(None, complete_style="green", finished_style="green"),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            console=Console(stderr=True),
            expand=True,
        )
        self._task = self._progress.add_task("", total=total, pace="starting", counts="")
        self._graded = 0
        self._counts: Counter[str] = Counter()

    def start(self) -> None:
        self._progress.start()

    def stop(self) -> None:
        self._progress.stop()

    def show(self, step: Step) -> None:
        self._graded += not step.known
        self._counts[step.verdict] += 1
        if step.trouble:
            self._progress.console.print(_line(step), markup=False, highlight=False)
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self._counts.most_common(3))
        self._progress.update(
            self._task, completed=step.done, pace=self._pace(step.total - step.done), counts=counts
        )

    def _pace(self, left: int) -> str:
        elapsed = next(iter(self._progress.tasks)).elapsed or 0.0
        if not (self._graded and elapsed):
            return "starting"
        rate = self._graded / elapsed
        seconds = round(left / rate)
        return f"{rate:.1f}/s, {seconds // 60}:{seconds % 60:02} left"
