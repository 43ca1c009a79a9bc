"""The command line: the same services as the API. Never prints a traceback for a refusal."""

import click

from case_tracker.domain.errors import CaseTrackerError
from case_tracker.entrypoints.cli_db import db
from case_tracker.entrypoints.cli_import import import_
from case_tracker.entrypoints.cli_read import history, list_, show
from case_tracker.entrypoints.cli_reports import find, stale
from case_tracker.entrypoints.cli_serve import serve
from case_tracker.entrypoints.cli_shared import advice
from case_tracker.entrypoints.cli_write import delete, note, open_, rename, transition


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CaseTrackerError as error:
            raise click.ClickException(f"{error}{advice(error)}") from None


@click.group(cls=_Commands)
@click.option(
    "--database",
    envvar="CASE_TRACKER_DATABASE_URL",
    default="sqlite:///case_tracker.db",
    show_default=True,
    help="Database URL; also read from CASE_TRACKER_DATABASE_URL.",
)
@click.pass_context
def main(ctx: click.Context, database: str) -> None:
    """Keep track of cases. Exit 0 when it is done, 1 when it is refused, 2 for wrong use.

    Example: case-tracker --database sqlite:///cases.db list
    """
    ctx.obj = database


_LOOKING = (list_, show, find, stale, history)
for command in (open_, *_LOOKING, rename, note, transition, delete, import_, serve, db):
    main.add_command(command)
