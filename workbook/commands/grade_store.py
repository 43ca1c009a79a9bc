"""`workbook grade diff`, `forget`, `override`: what is asked of stored results."""

import math
from pathlib import Path

import click

from workbook.commands.grade_cohort import in_one_line, write_outputs
from workbook.commands.shared import open_desk
from workbook.grade import clean
from workbook.grade.compare import changes
from workbook.grade.outputs import forget_intake, lessons_of
from workbook.grade.people import key_of
from workbook.grade.store import FILE, Override, Store, StoreError

RESULTS = click.Path(exists=True, file_okay=False, path_type=Path)
OUT = click.option("--out", type=RESULTS, default=Path("grades"), help="Where results are.")


def open_store(folder: Path) -> Store:
    """Return the store of a folder.

    Raises:
        click.UsageError: there is none, or it cannot be read.
    """
    if not (folder / FILE).exists():
        raise click.UsageError(f"no results in {folder}: {FILE} is missing")
    try:
        return Store(folder / FILE)
    except StoreError as error:
        raise click.UsageError(str(error)) from None


@click.command("diff")
@click.argument("before", type=RESULTS)
@click.argument("after", type=RESULTS)
def diff_command(before: Path, after: Path) -> None:
    """Show what differs between two folders of results, and why.

    Exit 0 nothing differs, 1 something does, 2 wrong use.
    Example: workbook grade diff monday tuesday
    """
    found = list(changes(open_store(before), open_store(after)))
    for change in found:
        who = clean.line(change.learner, 40)
        click.echo(f"{who}  {change.lesson}  {change.before} -> {change.after}  ({change.why})")
    click.echo(f"{len(found)} differ" if found else "nothing differs")
    raise SystemExit(bool(found))


@click.command("forget")
@click.argument("learner")
@OUT
def forget_command(learner: str, out: Path) -> None:
    """Erase what is stored about LEARNER: submissions, marks, decisions. Files are written anew.

    Exit 0 done, 2 wrong use. Example: workbook grade forget ann --out results
    """
    store = open_store(out)
    desk = open_desk()
    with in_one_line():
        count = store.forget(key_of(learner))
        forget_intake(out, key_of(learner))
        write_outputs(store, lessons_of(store, desk.lessons), desk, out)
    click.echo(f"forgot {clean.line(learner, 40)}: {count} lessons")


@click.command("override")
@click.argument("learner")
@click.argument("task", metavar="2.4|02")
@click.argument("points", type=click.FloatRange(0))
@click.option("--author", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why.")
@OUT
def override_command(  # noqa: PLR0913, PLR0917 - a parameter is an option that somebody types
    learner: str, task: str, points: float, author: str, reason: str, out: Path
) -> None:
    """Decide the points of a task (2.4) or of a lesson (02). Grading again leaves it alone.

    Exit 0 done, 2 wrong use.
    Example: workbook grade override ann 2.4 1 --author "B. Otter" --reason "right, but slow"
    """
    if not math.isfinite(points):
        raise click.UsageError("POINTS is a number")
    desk = open_desk()
    word, _, number = task.partition(".")
    lesson = desk.lesson(word)
    if number and not (number.isdigit() and 1 <= int(number) <= len(lesson.tasks)):
        raise click.UsageError(f"{lesson.slug} has tasks 1 to {len(lesson.tasks)}, not {number!r}")
    decision = Override(lesson.slug, int(number) if number else None, points, author, reason)
    store = open_store(out)
    with in_one_line():
        store.override(key_of(learner), decision)
        write_outputs(store, lessons_of(store, desk.lessons), desk, out)
    click.echo(f"{clean.line(learner, 40)} has {points:g} points for {task}")
