"""`case-tracker import`: many cases from a file of JSON lines. All of them or none."""

from collections.abc import Iterator
from typing import IO

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseAlreadyExistsError, CaseTrackerError
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.cli_shared import pass_units
from case_tracker.ports.read_models import CaseView
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.import_cases import import_cases
from case_tracker.services.read_cases import MAX_PAGE, list_cases


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    status: CaseStatus = CaseStatus.DRAFT
    reference: str | None = None
    notes: list[str] = []

    def to_case(self) -> Case:
        notes = [Note(text) for text in self.notes]
        return Case(CaseId(self.id), self.title, self.status, notes, self.reference)


@click.command("import")
@click.argument("file", type=click.File("rb"))
@pass_units
def import_(units: UnitsOfWork, file: IO[bytes]) -> None:
    r"""Store the cases of FILE, one JSON object in each line; - is the standard input.

    {"id": "CASE-001", "title": "Late report", "reference": "INV-17", "notes": ["called"]}

    Example: case-tracker import cases.jsonl. When one line is wrong, nothing is stored.
    """
    numbered = _unique(_cases(file))
    try:
        count = import_cases(units, list(numbered.values()))
    except CaseAlreadyExistsError as error:
        raise click.ClickException(
            f"{_taken(units, numbered)}{error}; nothing was stored"
        ) from None
    click.echo(f"{count} cases imported")


def _cases(file: IO[bytes]) -> Iterator[tuple[int, Case]]:
    for number, text in enumerate(file, start=1):
        if text.strip():
            yield number, _case(number, text)


def _case(number: int, text: bytes) -> Case:
    try:
        return _Line.model_validate_json(text).to_case()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{where}: {first['msg']}" if where else first["msg"]
    except CaseTrackerError as error:
        message = str(error)
    raise click.ClickException(f"line {number}: {message}; nothing was stored")


def _unique(cases: Iterator[tuple[int, Case]]) -> dict[int, Case]:
    numbered: dict[int, Case] = {}
    seen: dict[tuple[str, str], int] = {}
    for number, case in cases:
        numbered[number] = case
        for key in _keys(case.id.value, case.reference):
            if (first := seen.setdefault(key, number)) != number:
                what = f"{key[0]} {key[1]!r} stands in line {first} already"
                raise click.ClickException(f"line {number}: {what}; nothing was stored")
    return numbered


def _keys(case_id: str, reference: str | None) -> list[tuple[str, str]]:
    return [("id", case_id)] + ([("reference", reference)] if reference is not None else [])


def _taken(units: UnitsOfWork, numbered: dict[int, Case]) -> str:
    """Return the beginning of the message: the first line whose id or reference is taken.

    The database names no row. So all stored cases are read, a page at a time, after the refusal.
    """
    stored = {key for view in _all(units) for key in _keys(view.id, view.reference)}
    for number, case in numbered.items():
        for what, value in _keys(case.id.value, case.reference):
            if (what, value) in stored:
                return f"line {number}: {what} {value!r}: "
    return "an id belongs to a deleted case: "


def _all(units: UnitsOfWork) -> Iterator[CaseView]:
    after, more = None, True
    while more:
        page = list_cases(units, limit=MAX_PAGE, after=after)
        yield from page.cases
        after = page.next_after
        more = after is not None
