"""Commands that change one case. Never touch it by themselves: each calls its service."""

import click

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.cli_shared import by_actor, expecting, line, pass_units
from case_tracker.entrypoints.wiring import open_command
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.add_note import add_note
from case_tracker.services.delete_case import delete_case
from case_tracker.services.open_case import open_case
from case_tracker.services.rename_case import rename_case
from case_tracker.services.transition_case import transition_case


@click.command("open")
@click.argument("case_id")
@click.argument("title")
@click.option("--reference", help="The number under which another system knows the case.")
@pass_units
def open_(units: UnitsOfWork, case_id: str, title: str, reference: str | None) -> None:
    """Open a case. Example: case-tracker open CASE-001 "Late report" --reference INV-17."""
    if reference is None:
        click.echo(open_command(units, case_id, title))
    else:
        click.echo(line(open_case(units, CaseId(case_id), title, reference=reference)))


@click.command()
@click.argument("case_id")
@click.argument("title")
@expecting
@pass_units
def rename(units: UnitsOfWork, case_id: str, title: str, expected_version: int | None) -> None:
    """Give a case another title. Example: case-tracker rename CASE-001 "Very late report"."""
    click.echo(line(rename_case(units, CaseId(case_id), title, expected_version=expected_version)))


@click.command()
@click.argument("case_id")
@click.argument("text")
@expecting
@pass_units
def note(units: UnitsOfWork, case_id: str, text: str, expected_version: int | None) -> None:
    """Write a note on a case. Example: case-tracker note CASE-001 "called the client"."""
    click.echo(line(add_note(units, CaseId(case_id), text, expected_version=expected_version)))


@click.command()
@click.argument("case_id")
@click.argument("status", type=click.Choice(CaseStatus))
@by_actor
@expecting
@pass_units
def transition(
    units: UnitsOfWork,
    case_id: str,
    status: CaseStatus,
    actor: Actor,
    expected_version: int | None,
) -> None:
    """Take one step of the workflow. Example: case-tracker transition CASE-001 SUBMITTED."""
    case = transition_case(units, CaseId(case_id), status, actor, expected_version=expected_version)
    click.echo(line(case))


@click.command()
@click.argument("case_id")
@by_actor
@expecting
@pass_units
def delete(units: UnitsOfWork, case_id: str, actor: Actor, expected_version: int | None) -> None:
    """Take a case out of sight; its id stays taken. Example: case-tracker delete CASE-001."""
    delete_case(units, CaseId(case_id), actor, expected_version=expected_version)
    click.echo(f"{case_id} deleted")
