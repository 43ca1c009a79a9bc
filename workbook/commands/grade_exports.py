"""`workbook grade fill` and `example`: tables of a platform, and a cohort to try all of it on."""

from pathlib import Path

import click

from workbook.commands.grade_cohort import in_one_line
from workbook.commands.grade_store import OUT, open_store
from workbook.commands.shared import open_desk
from workbook.grade import clean, example
from workbook.grade.exports.fill import fill
from workbook.grade.exports.table import TOTAL, FillError
from workbook.grade.outputs import lessons_of
from workbook.home import command, shown

MOST_NOTES = 20


@click.command("fill")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@OUT
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="02=TITLE",
    help="Put a lesson, or `total`, into this column; else titles decide.",
)
@click.option(
    "--to", type=click.Path(path_type=Path), help="The new file; OUT/filled-TABLE if not."
)
def fill_command(table: Path, out: Path, columns: tuple[str, ...], to: Path | None) -> None:
    """Fill the TABLE that you downloaded from Canvas or Moodle with grades.

    Your file is not changed: a copy is written, to upload. Exit 0 done, 2 wrong use.
    Example: workbook grade fill canvas.csv --out results --column total="Homework (17)"
    """
    desk = open_desk()
    store = open_store(out)
    chosen = {}
    for column in columns:
        word, _, title = column.partition("=")
        if not title:
            raise click.UsageError(f"--column {column}: write 02=TITLE, or total=TITLE")
        chosen[word if word == TOTAL else desk.lesson(word).slug] = title
    try:
        filled = fill(table, list(store.entries()), lessons_of(store, desk.lessons), chosen)
    except FillError as error:
        raise click.UsageError(str(error)) from None
    for note in filled.notes[:MOST_NOTES]:
        click.echo(clean.line(note))
    if len(filled.notes) > MOST_NOTES:
        click.echo(f"and {len(filled.notes) - MOST_NOTES} more")
    path = to or out / f"filled-{table.name}"
    with in_one_line():
        path.write_text(filled.text, encoding="utf-8", newline="")
    click.echo(f"wrote {path}: {filled.count} grades for {filled.platform}")


@click.command("example")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("examples/cohort"))
def example_command(folder: Path) -> None:
    """Make a small cohort in FOLDER to try the grader on.

    Exit 0 done, 2 wrong use. Example: workbook grade example
    """
    desk = open_desk()
    lessons = {lesson.slug: lesson for lesson in desk.lessons}
    try:
        made = example.make(folder, lessons, desk.home)
    except (example.ExampleError, OSError) as error:
        raise click.UsageError(str(error)) from None
    here = shown(made.folder)
    options = f"--lessons {made.lessons} --roster {here}/{example.ROSTER} --late 10%/day"
    click.echo(f"wrote {here}: {len(example.PEOPLE)} learners. Grade them:")
    click.echo(f"  {command('grade', f'{here}/{example.SUBMISSIONS}')} {options}")
    click.echo("then open grades/report/index.html, and fill the table of the course:")
    click.echo(f"  {command('grade', 'fill', f'{here}/{example.CANVAS}')}")
