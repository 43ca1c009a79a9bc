"""Commands that look: show, list, history. Never change anything."""

import json
from collections.abc import Sequence

import click
from pydantic import BaseModel

from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.schemas import AuditEventResponse, CaseResponse
from case_tracker.entrypoints.cli_shared import as_json, line, pass_units
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.read_cases import case_history, list_cases, show_case


@click.command()
@click.argument("case_id")
@as_json
@pass_units
def show(units: UnitsOfWork, case_id: str, *, as_json: bool) -> None:
    """Show a case, its version and its notes. Example: case-tracker show CASE-001."""
    case = show_case(units, CaseId(case_id))
    if as_json:
        click.echo(CaseResponse.of(case).model_dump_json(indent=2))
        return
    click.echo(line(case))
    for note in case.notes:
        click.echo(f"  {note.written_at:%Y-%m-%d %H:%M} {note.text}")


@click.command("list")
@click.option("--status", type=click.Choice(CaseStatus), help="Only cases in this status.")
@click.option("--limit", default=20, show_default=True, help="At most this many cases.")
@click.option("--offset", default=0, show_default=True, help="Skip this many cases.")
@click.option("--after", help="Begin behind this id: the last one of the page before.")
@as_json
@pass_units
def list_(
    units: UnitsOfWork,
    status: CaseStatus | None,
    limit: int,
    offset: int,
    after: str | None,
    *,
    as_json: bool,
) -> None:
    """List cases by id. Example: case-tracker list --status DRAFT --after CASE-020."""
    behind = None if after is None else CaseId(after)
    page = list_cases(units, status, limit=limit, offset=offset, after=behind)
    if as_json:
        following = page.next_after.value if page.next_after else None
        cases = _plain([CaseResponse.of(case) for case in page.cases])
        _print({"cases": cases, "total": page.total, "next_after": following})
        return
    for case in page.cases:
        click.echo(line(case.to_case()))
    click.echo(f"{len(page.cases)} of {page.total}")
    if page.next_after:
        click.echo(f"more: --after {page.next_after.value}")


@click.command()
@click.argument("case_id")
@as_json
@pass_units
def history(units: UnitsOfWork, case_id: str, *, as_json: bool) -> None:
    """Show who did what to a case, oldest first. Example: case-tracker history CASE-001."""
    events = case_history(units, CaseId(case_id))
    if as_json:
        _print(_plain([AuditEventResponse.of(event) for event in events]))
        return
    for event in events:
        details = " ".join(f"{name}={value}" for name, value in event.details.items())
        when = f"{event.occurred_at:%Y-%m-%d %H:%M}"
        click.echo(f"{when} {event.actor.name} {event.event_type} {details}")


def _plain(models: Sequence[BaseModel]) -> list[object]:
    return [model.model_dump(mode="json") for model in models]


def _print(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
