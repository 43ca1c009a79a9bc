"""The command line: the same services as the API. Never prints a traceback for a refusal."""

import click

from case_tracker.bootstrap import build_units
from case_tracker.domain.case import CaseId
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus
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
    units = build_units(database)
    ctx.obj = units
    ctx.call_on_close(units.close)


@main.command("open")
@click.argument("case_id")
@click.argument("title")
@click.pass_obj
def open_(units: UnitsOfWork, case_id: str, title: str) -> None:
    """Open a case. Example: case-tracker open CASE-001 "Late report"."""
    click.echo(open_command(units, case_id, title))


@main.command()
@click.argument("case_id")
@click.pass_obj
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
@click.pass_obj
def list_(units: UnitsOfWork, status: CaseStatus | None, limit: int, offset: int) -> None:
    """List cases by id. Example: case-tracker list --status DRAFT."""
    page = list_cases(units, status, limit=limit, offset=offset)
    for case in page.cases:
        click.echo(f"{case.id} {case.status.value} {case.title}")
    click.echo(f"{len(page.cases)} of {page.total}")
