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
    from workbook.card import as_svg, as_text, is_free, measure  # noqa: PLC0415 - it loads SQLAlchemy
    from workbook.check import CheckError  # noqa: PLC0415 - the same

    desk = open_desk()
    item = desk.lesson(lesson)
    try:
        if svg and not is_free(svg):
            raise click.ClickException(f"{svg} is no card of ours; name another file")
        card = measure(item)
    except OSError as error:
        raise click.ClickException(f"cannot read {svg}: {error.strerror}") from None
    except CheckError as error:
        raise click.ClickException(str(error)) from None
    for line in as_text(card):
        click.echo(line)
    if svg is None:
        click.echo(f"\n  as a picture: {command('card', item.slug[:2], '--svg', 'card.svg')}")
        return
    try:
        svg.write_text(as_svg(card), encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.ClickException(f"cannot write {svg}: {error.strerror}") from None
    click.echo(f"\n  wrote {shown(svg)}")
