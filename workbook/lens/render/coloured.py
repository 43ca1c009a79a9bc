"""A film for rich: the same panes and words as the plain text, in colour.

Never needed for the lens to work: it is imported when somebody asks for colour.
"""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workbook.lens.render import plain
from workbook.lens.render.words import Shown
from workbook.lens.steps import Mark, Step

_COLOURS = ("yellow", "magenta", "blue", "green")
_STYLES: dict[Mark, str] = {"": "", "+": "bold green", "~": "bold yellow", "-": "red strike"}


def coloured(film: Shown, width: int) -> Iterator[RenderableType]:
    """Yield the title and the steps for a console of this width."""
    if film.title:
        yield Text(film.title, style="dim")
    last = len(film.steps) - 1
    for step in film.steps:
        yield _step(step, last, width)


def _step(step: Step, last: int, width: int) -> RenderableType:
    head = Text.assemble((f"{step.number}/{last}  ", "magenta"), (step.label, "bold"))
    also = [Text(f"      {one}") for one in step.also]
    line = [Text(f"      {plain.where(step)}", style="yellow")] if step.place else []
    sent = [Text(f"      {one}", style="blue") for one in plain.sent(step)]
    return Group(head, *also, *line, *sent, _panes(step, plain.columns(width)), Text())


def _panes(step: Step, columns: int) -> Table:
    grid = Table.grid(*[""] * columns, expand=True)
    for column in grid.columns:
        column.ratio = 1
    panes = [
        Panel(_lines(lines), title=title, border_style=colour, title_align="left")
        for (title, lines), colour in zip(plain.panes_of(step).items(), _COLOURS, strict=True)
    ]
    for start in range(0, len(panes), columns):
        grid.add_row(*panes[start : start + columns])
    return grid


def _lines(lines: list[plain.Line]) -> Text:
    return Text("\n").join(Text(f"{mark or ' '} {text}", _STYLES[mark]) for mark, text in lines)
