"""The command line: the same services as the API. Never prints a traceback for a refusal."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from case_tracker.bootstrap import build_units
from case_tracker.domain.case import CaseId
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.cli_db import db
from case_tracker.entrypoints.wiring import open_command
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.read_cases import list_cases, show_case


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CaseTrackerError as error:
            raise click.ClickException(str(error)) from None


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
    """Keep track of cases. Exit 0 when it is done, 1 when it is refused, 2 for wrong use."""
    ctx.obj = database


main.add_command(db)


def pass_units(command: Callable[..., object]) -> Callable[..., object]:
    """Hand the command its units of work, on a database whose tables are up to date."""

    @click.pass_context
    def call(ctx: click.Context, /, **options: Any) -> object:
        units = build_units(ctx.obj)
        ctx.call_on_close(units.close)
        return ctx.invoke(command, units, **options)

    return update_wrapper(call, command)


@main.command("open")
@click.argument("case_id")
@click.argument("title")
@pass_units
def open_(units: UnitsOfWork, case_id: str, title: str) -> None:
    """Open a case. Example: case-tracker open CASE-001 "Late report"."""
    click.echo(open_command(units, case_id, title))


@main.command()
@click.argument("case_id")
@pass_units
def show(units: UnitsOfWork, case_id: str) -> None:
    """Show a case and its notes. Example: case-tracker show CASE-001."""
    case = show_case(units, CaseId(case_id))
    click.echo(f"{case.id.value} {case.status.value} {case.title}")
    for note in case.notes:
        click.echo(f"  {note.written_at:%Y-%m-%d %H:%M} {note.text}")


@main.command("list")
@click.option("--status", type=click.Choice(CaseStatus), help="Only cases in this status.")
@click.option("--limit", default=20, show_default=True, help="At most this many cases.")
@click.option("--offset", default=0, show_default=True, help="Skip this many cases.")
@pass_units
def list_(units: UnitsOfWork, status: CaseStatus | None, limit: int, offset: int) -> None:
    """List cases by id. Example: case-tracker list --status DRAFT."""
    page = list_cases(units, status, limit=limit, offset=offset)
    for case in page.cases:
        click.echo(f"{case.id} {case.status.value} {case.title}")
    click.echo(f"{len(page.cases)} of {page.total}")
