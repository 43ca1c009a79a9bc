"""Commands that report: find, stale. Never change anything."""

from datetime import timedelta

import click

from case_tracker.domain.clock import utc_now
from case_tracker.entrypoints.cli_shared import line, pass_units
from case_tracker.ports.reports import SORTS
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.reports import find_cases, stale_cases


@click.command()
@click.argument("words")
@click.option("--sort", type=click.Choice(SORTS), default="id", help="The order of the lines.")
@click.option("--limit", default=20, show_default=True, help="At most this many cases.")
@pass_units
def find(units: UnitsOfWork, words: str, sort: str, limit: int) -> None:
    """Find cases by a part of the title. Example: case-tracker find late --sort last_note."""
    for found in find_cases(units, words, sort=sort, limit=limit):
        last = f", last {found.last_note:%Y-%m-%d %H:%M}" if found.last_note else ""
        click.echo(f"{found.id} {found.status.value} {found.title} (notes {found.notes}{last})")


@click.command()
@click.option(
    "--days",
    type=click.IntRange(min=0, max=36_500),
    default=30,
    show_default=True,
    help="So many days without a note.",
)
@pass_units
def stale(units: UnitsOfWork, days: int) -> None:
    """List open cases that nobody has written about. Example: case-tracker stale --days 14."""
    for case in stale_cases(units, utc_now() - timedelta(days=days)):
        click.echo(line(case))
