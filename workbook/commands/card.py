"""`workbook card`: what a learner's code changed, as a number."""

from pathlib import Path

import click

from workbook.commands.shared import open_desk
from workbook.home import command, shown


@click.command("card")
@click.argument("lesson", required=False, metavar="[LESSON]")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as a picture, too.",
)
def card_command(lesson: str | None, svg: Path | None) -> None:
    """Show what your code costs beside the starter: a card of your own run.

    Exit 0 when it was measured, 1 when your file cannot be run. Example: workbook card 5 --svg
    card.svg
    """
    from workbook.card import as_text, measure, write_svg  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.check import CheckError  # noqa: PLC0415 - the same

    desk = open_desk()
    item = desk.lesson(lesson)
    try:
        card = measure(item)
    except CheckError as error:
        raise click.ClickException(str(error)) from None
    for line in as_text(card):
        click.echo(line)
    if svg is None:
        click.echo(f"\n  as a picture: {command('card', item.slug[:2], '--svg', 'card.svg')}")
        return
    try:
        write_svg(card, svg)
    except FileExistsError:
        raise click.ClickException(f"{svg} is no card of ours; name another file") from None
    except OSError as error:
        raise click.ClickException(f"cannot write {svg}: {error.strerror}") from None
    click.echo(f"\n  wrote {shown(svg)}")
