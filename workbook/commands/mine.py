"""`workbook mine`: the application on the code that a learner has finished."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.commands.shared import Desk, open_desk
from workbook.home import command

if TYPE_CHECKING:  # both load SQLAlchemy: `--help` should not wait
    from workbook.mine.splice import Part
    from workbook.mine.suite import Answer

SHOWN = 3


@click.group("mine")
def mine_command() -> None:
    """Run the application on the code that you have finished.

    Only what is green takes its place in the application; for the rest, the finished code stands
    in. Your files are read and never changed.
    """


@mine_command.command("test")
@click.pass_context
def test_command(ctx: click.Context) -> None:
    """Run the end-to-end tests of the application on your code.

    Exit 0 when all passed, 1 when one failed or nothing of yours is green. Example: workbook mine
    test
    """
    from workbook.mine.suite import run_suite  # noqa: PLC0415 - it loads pytest and SQLAlchemy

    files = _splice(open_desk())
    click.echo("\nrunning the end-to-end tests of the application …")
    answer = run_suite(files)
    for line in _told(answer):
        click.echo(line)
    ctx.exit(1 if answer.failures or answer.problem else 0)


@mine_command.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; 0 takes a free one.")
@click.option("--database", help="Database URL [default: a SQLite file in .workbook/mine].")
def serve_command(host: str, port: int, database: str | None) -> None:
    """Start the API of the application on your code, until Ctrl-C.

    Example: workbook mine serve --port 8080
    """
    from workbook.mine.serve import ServeError, serve  # noqa: PLC0415 - it loads SQLAlchemy

    desk = open_desk()
    files = _splice(desk)
    url = database or f"sqlite:///{_folder(desk) / 'cases.db'}"
    click.echo(f"\nits cases are kept in {url}\n")
    try:
        serve(files, url, host, port)
    except ServeError as error:
        raise click.ClickException(str(error)) from None


def _folder(desk: Desk) -> Path:
    return desk.home.state / "mine"


def _splice(desk: Desk) -> dict[str, Path]:
    """Say which lessons run on the learner's code, and return the files of their modules.

    Raises:
        click.ClickException: none does.
    """
    from workbook.mine.bridge import bridges  # noqa: PLC0415 - see TYPE_CHECKING
    from workbook.mine.splice import parts  # noqa: PLC0415 - the same

    click.echo("looking at your lessons …\n")
    try:
        found = parts(desk.lessons, desk.home, _folder(desk))
        files = {module: path for part in found for module, path in part.yours.items()}
        files |= bridges(files, _folder(desk))
    except OSError as error:
        raise click.ClickException(f"cannot write {error.filename}: {error.strerror}") from None
    for line in _share(found):
        click.echo(line)
    if not files:
        first = command("check", str(desk.current.number))
        raise click.ClickException(f"nothing of yours is green yet; begin with: {first}")
    return files


def _share(found: "Sequence[Part]") -> Iterator[str]:
    for part in found:
        mark = "ok" if part.yours else " ." if part.counts else "  "
        yield f"  {mark}  {part.lesson.slug:<24} {part.says}"
    yours, possible = sum(bool(p.yours) for p in found), sum(p.counts for p in found)
    yield ""
    yield f"{yours} of {possible} lessons run on your code"


def _told(answer: "Answer") -> Iterator[str]:
    if answer.problem:
        yield answer.problem
    score = f"{answer.passed} passed"
    yield f"{score}, {len(answer.failures)} failed" if answer.failures else score
    if answer.left_out:
        yield f"left out: {answer.left_out} tests that need PostgreSQL or a process of their own"
    for failure in answer.failures[:SHOWN]:
        yield f"\n  {failure.name}"
        yield f"    {failure.cost}"
        yield from (f"    {line}" for line in failure.message.splitlines()[:SHOWN])
        if failure.place:
            yield f"    at {failure.place}"
    if len(answer.failures) > SHOWN:
        yield f"\n  and {len(answer.failures) - SHOWN} more"
