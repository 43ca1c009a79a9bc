"""`workbook export`: the edition that an instructor hands out."""

from pathlib import Path

import click

from workbook.commands.shared import open_desk
from workbook.curriculum import CurriculumError
from workbook.edition.contents import Edition, EditionError, edition

WELCOME = {".git", ".DS_Store"}


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_command(folder: Path) -> None:
    """Write the learners' edition into FOLDER: a repository of its own, without solutions.

    Exit 0 done, 2 wrong use. Example: workbook export ../for-learners
    """
    home = open_desk().home
    if folder.resolve().is_relative_to(home.root.resolve()):
        raise click.UsageError(f"{folder} is inside of this repository; choose a folder beside it")
    found = {path.name for path in folder.iterdir()} - WELCOME if folder.is_dir() else set()
    if found:
        raise click.UsageError(f"{folder} is not empty (it has {min(found)}); choose a new folder")
    try:
        made = edition(home)
        for name, data in made.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except (EditionError, CurriculumError) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{folder}: {error.strerror}") from None
    _say(made, folder)


def _say(made: Edition, folder: Path) -> None:
    """Say what is in it, and what a learner can still read."""
    left_out = ", ".join(f"{count} {word}" for word, count in made.left_out.items())
    click.echo(f"wrote {folder}: {len(made.files)} files, {len(made.lessons)} lessons as starters")
    click.echo(f"left out: {left_out}")
    click.echo("finished, and readable, because other lessons need them:")
    for module in made.finished:
        click.echo(f"  {module}")
    click.echo("text copied from them shows as equal or similar in the report of a graded cohort")
    click.echo("on GitHub Classroom, .github/workflows/classroom.yml shows the same feedback")
