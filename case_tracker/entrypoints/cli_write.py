"""Commands that change one case. Never touch it by themselves: each calls its service."""

import click

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.schemas import CaseResponse
from case_tracker.entrypoints.cli_shared import as_json, by_actor, expecting, line, pass_units
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
@as_json
@pass_units
def open_(
    units: UnitsOfWork, case_id: str, title: str, reference: str | None, *, as_json: bool
) -> None:
    """Open a case. Example: case-tracker open CASE-001 "Late report" --reference INV-17."""
    if reference is None and not as_json:
        click.echo(open_command(units, case_id, title))
    else:
        _tell(open_case(units, CaseId(case_id), title, reference=reference), as_json=as_json)


@click.command()
@click.argument("case_id")
@click.argument("title")
@expecting
@as_json
@pass_units
def rename(
    units: UnitsOfWork, case_id: str, title: str, expected_version: int | None, *, as_json: bool
) -> None:
    """Give a case another title. Example: case-tracker rename CASE-001 "Very late report"."""
    case = rename_case(units, CaseId(case_id), title, expected_version=expected_version)
    _tell(case, as_json=as_json)


@click.command()
@click.argument("case_id")
@click.argument("text")
@by_actor
@expecting
@as_json
@pass_units
def note(
    units: UnitsOfWork,
    case_id: str,
    text: str,
    actor: Actor,
    expected_version: int | None,
    *,
    as_json: bool,
) -> None:
    """Write a note on a case. Example: case-tracker note CASE-001 "called the client"."""
    case = add_note(units, CaseId(case_id), text, actor, expected_version=expected_version)
    _tell(case, as_json=as_json)


@click.command()
@click.argument("case_id")
@click.argument("status", type=click.Choice(CaseStatus))
@by_actor
@expecting
@as_json
@pass_units
def transition(
    units: UnitsOfWork,
    case_id: str,
    status: CaseStatus,
    actor: Actor,
    expected_version: int | None,
    *,
    as_json: bool,
) -> None:
    """Take one step of the workflow. Example: case-tracker transition CASE-001 SUBMITTED."""
    case = transition_case(units, CaseId(case_id), status, actor, expected_version=expected_version)
    _tell(case, as_json=as_json)


@click.command()
@click.argument("case_id")
@by_actor
@expecting
@pass_units
def delete(units: UnitsOfWork, case_id: str, actor: Actor, expected_version: int | None) -> None:
    """Take a case out of sight; its id stays taken. Example: case-tracker delete CASE-001."""
    delete_case(units, CaseId(case_id), actor, expected_version=expected_version)
    click.echo(f"{case_id} deleted")


def _tell(case: Case, *, as_json: bool) -> None:
    click.echo(CaseResponse.of(case).model_dump_json(indent=2) if as_json else line(case))
