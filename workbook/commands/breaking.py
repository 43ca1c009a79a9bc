"""`workbook break`: find the mistake that is hidden in a copy of your file."""

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from workbook.commands.shared import open_desk
from workbook.curriculum import Task
from workbook.home import command, shipped

if TYPE_CHECKING:
    from workbook.breaking import Hidden


@click.command("break")
@click.argument("lesson", required=False, metavar="[LESSON]")
@click.option("--bug", type=click.IntRange(1), help="Hide this one again, say number 3.")
@click.option("--tell", is_flag=True, help="Do not ask: tell what it is.")
def break_command(lesson: str | None, bug: int | None, tell: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Hide a mistake in a copy of your file, for you to find. Your file stays as it is.

    Exit 0 when it was told, 1 when the lesson has not passed yet. Example: workbook break 2
    """
    from workbook.breaking import NothingToHideError, hide  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.check import CheckError  # noqa: PLC0415 - the same

    desk = open_desk()
    item = desk.lesson(lesson)
    known = len(item.misconceptions)
    if bug and bug > known:
        raise click.UsageError(f"no bug {bug}: {item.slug} has {known}")
    pieces = shipped().lessons / item.slug / "misconceptions"
    if not pieces.is_dir():
        raise click.UsageError("this edition holds no mistakes to hide")
    click.echo("hiding a mistake in a copy of your file …\n")
    try:
        hidden = hide(item, pieces, bug)
    except NothingToHideError as error:
        check = command("check", str(item.number))
        raise click.ClickException(f"{error}. Look with: {check}") from None
    except CheckError as error:
        raise click.ClickException(str(error)) from None
    _show(hidden)
    guess = None if tell else _ask([task for task in item.tasks if task.holes])
    if guess is None and not tell:
        again = command("break", str(item.number), "--bug", str(hidden.number), "--tell")
        click.echo(f"\nto be told: {again}")
        return
    _tell(hidden, item.task(hidden.mistake.task), guess)


def _show(hidden: "Hidden") -> None:
    from workbook.breaking import film  # noqa: PLC0415 - see above

    click.echo(f"mistake {hidden.number} of {hidden.of}. This test finds it:\n")
    click.echo(f"  {hidden.test.name}")
    for line in [hidden.test.cost, "", *hidden.test.message.splitlines()]:
        click.echo(f"    {line}".rstrip())
    lines = list(film(hidden.test.statements, shutil.get_terminal_size().columns - 2))
    click.echo("\n  what the copy sent:" if lines else "\n  the copy itself sent nothing")
    for line in lines:
        click.echo(f"  {line}")


def _ask(tasks: Sequence[Task]) -> Task | None:
    """Return the task that the learner points at; None without an answer."""
    click.echo("\nWhere is it?")
    for number, task in enumerate(tasks, 1):
        click.echo(f"  {number}  {task.name}")
    try:
        answer = click.prompt("number", type=click.IntRange(1, len(tasks)))
    except click.Abort:
        return None
    return tasks[int(answer) - 1]


def _tell(hidden: "Hidden", task: Task, guess: Task | None) -> None:
    holders = {task.number, *task.needs} if not task.holes else {task.number}
    if guess:
        click.echo(f"\n{'Right' if guess.number in holders else 'Not there'}:")
    click.echo(f"\n{click.wrap_text(hidden.mistake.says, 78, '  ', '  ')}\n")
    click.echo("  - yours, + the copy:")
    for line in hidden.lines():
        click.echo(f"    {line}".rstrip())
