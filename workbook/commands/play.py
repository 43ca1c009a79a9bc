"""`workbook play`: a prompt at a seeded database."""

import click

from workbook.commands.shared import open_desk


@click.command("play")
@click.argument("lesson", required=False, metavar="[LESSON]")
@click.option("--finished", is_flag=True, help="Play with the finished application.")
def play_command(lesson: str | None, finished: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Type code at a seeded database and a Unit of Work; see what each line sends.

    It runs on your file of the lesson, which is read and never changed. Ends with Ctrl-D.
    Example: workbook play 2
    """
    from workbook.play import play  # noqa: PLC0415 - it loads SQLAlchemy

    play(open_desk().lesson(lesson), finished=finished)
