"""The API of the application on spliced modules. Never opens it to others without tokens."""

from collections.abc import Mapping
from pathlib import Path

import click

from workbook.feedback import explain, place, show
from workbook.world import World


class ServeError(Exception):
    """The API did not start or broke down; the message says why, and where in which file."""


def serve(files: Mapping[str, Path], url: str, host: str, port: int) -> None:
    """Bring the tables up to date and answer requests until Ctrl-C.

    Raises:
        ServeError: the code in these files raised an error.
        click.ClickException: the application refused; its message is for the person who typed.
    """
    world = World(dict(files))
    with world:
        try:
            main = world.load("case_tracker.entrypoints.cli").main
            for words in (["db", "upgrade"], ["serve", "--host", host, "--port", str(port)]):
                main(["--database", url, *words], prog_name="case-tracker", standalone_mode=False)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # whatever a learner's file raises becomes one line
            mine = [str(path) for path in files.values()]
            where = place(error, mine)
            at = f", at {show(where)}" if where else ""
            raise ServeError(f"{explain(error, mine)[1]}{at}") from error
