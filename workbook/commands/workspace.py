"""Commands around a workspace: make one, bring newer lessons."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from workbook.home import command, command_in, shown
from workbook.workspace.merge import Fate, Step
from workbook.workspace.place import learners_home

TITLES: dict[Fate, str] = {
    "new": "new",
    "updated": "newer, and you had not edited it",
    "removed": "no longer part of the lessons, and you had not edited it: removed",
    "left": "no longer part of the lessons; it stays, it is yours",
    "beside": "edited by you, and there is a newer one: yours stays, ours lies beside it (.new)",
    "deleted": "deleted by you: it stays deleted",
}


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--git", is_flag=True, help="Begin a git history of your own in it.")
def init_command(folder: Path, git: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Make a folder of your own with all lessons, from the installed package.

    Exit 0 when it is made, 1 when it is refused. Example: workbook init my-workbook --git
    """
    from workbook.workspace.init import init  # noqa: PLC0415 - `--help` should not wait
    from workbook.workspace.update import WorkspaceError  # noqa: PLC0415 - the same

    try:
        steps = init(folder, git=git)
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
    _raise_if_failed(steps)
    lessons = {step.path.split("/")[1] for step in steps if step.path.endswith("/lesson.toml")}
    click.echo(f"{shown(folder)} is yours: {len(lessons)} lessons, {len(steps)} files")
    place = f'"{folder}"' if " " in str(folder) else str(folder)
    if folder.resolve() != Path.cwd().resolve():
        click.echo(f"  cd {place}")
    click.echo(f"  {command_in(folder)}")


@click.command("update")
@click.option("--restore", is_flag=True, help="Bring back what you deleted, too.")
def update_command(restore: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Bring newer lessons into your workspace. What you wrote is never touched.

    Exit 0 when it is done, 1 when a file could not be written. Example: workbook update
    """
    from workbook.workspace.update import WorkspaceError, update  # noqa: PLC0415 - see above

    try:
        home = learners_home()
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None
    if (home.root / "workbook" / "home.py").is_file():
        raise click.UsageError("this is a clone of the repository; for newer lessons: git pull")
    try:
        steps = update(home.root, restore=restore)
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
    for line in _told(steps):
        click.echo(line)
    _raise_if_failed(steps)


def _told(steps: Sequence[Step]) -> Iterator[str]:
    """Yield what happened, what the learner must look at last."""
    changed = False
    for fate, title in TITLES.items():
        paths = [step.path for step in steps if step.fate == fate and not step.reason]
        if paths:
            changed = True
            yield f"{title}:"
            yield from (f"  {path}" for path in paths)
    if any(step.fate == "deleted" for step in steps):
        yield f"to have it back: {command('update', '--restore')}"
    if not changed:
        yield "nothing is newer than what you have"


def _raise_if_failed(steps: Sequence[Step]) -> None:
    failed = [f"{step.path}: {step.reason}" for step in steps if step.reason]
    if failed:
        remedy = f"make room for it, then run: {command('update')}"
        raise click.ClickException("\n".join(["could not be written:", *failed, remedy]))
