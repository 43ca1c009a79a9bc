"""`case-tracker import`: many cases from a file of JSON lines. All of them or none, or the good."""

from collections.abc import Iterator
from typing import IO

import click

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case
from case_tracker.domain.errors import CaseAlreadyExistsError
from case_tracker.entrypoints.cli_lines import case_of
from case_tracker.entrypoints.cli_shared import login_actor, pass_units
from case_tracker.ports.read_models import CaseView
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.import_cases import import_cases
from case_tracker.services.import_each import import_each
from case_tracker.services.read_cases import MAX_PAGE, list_cases


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--keep-good", is_flag=True, help="Store the good lines; report the others, exit 1.")
@click.option(
    "--actor",
    type=Actor,
    help="With --keep-good: in whose name, for the history; the login name if not given.",
)
@pass_units
def import_(units: UnitsOfWork, file: IO[bytes], actor: Actor | None, *, keep_good: bool) -> None:
    r"""Store the cases of FILE, one JSON object in each line; - is the standard input.

    {"id": "CASE-001", "title": "Late report", "reference": "INV-17", "notes": ["called"]}

    Example: case-tracker import cases.jsonl. When one line is wrong, nothing is stored, and the
    exit code is 1. With --keep-good all other lines are stored.
    """
    if actor and not keep_good:
        raise click.UsageError("--actor belongs to --keep-good: only refused lines leave a history")
    if keep_good:
        _import_good(units, file, actor or login_actor())
    else:
        _import_all(units, file)


def _import_good(units: UnitsOfWork, file: IO[bytes], actor: Actor) -> None:
    cases, wrong = dict[int, Case](), dict[int, str]()
    for number, text in _lines(file):
        try:
            cases[number] = case_of(text)
        except ValueError as error:
            wrong[number] = str(error)
    numbers = {id(case): number for number, case in cases.items()}
    refusals = import_each(units, list(cases.values()), actor)
    for refusal in refusals:
        wrong[numbers[id(refusal.case)]] = f"id {refusal.case.id.value!r}: {refusal.reason}"
    for number, message in sorted(wrong.items()):
        click.echo(f"line {number}: {message}", err=True)
    click.echo(f"{len(cases) - len(refusals)} cases imported, {len(wrong)} lines refused")
    if wrong:
        click.get_current_context().exit(1)


def _import_all(units: UnitsOfWork, file: IO[bytes]) -> None:
    numbered = _unique(_cases(file))
    try:
        count = import_cases(units, list(numbered.values()))
    except CaseAlreadyExistsError as error:
        raise click.ClickException(
            f"{_taken(units, numbered)}{error}; nothing was stored"
        ) from None
    click.echo(f"{count} cases imported")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, text) for number, text in enumerate(file, start=1) if text.strip())


def _cases(file: IO[bytes]) -> Iterator[tuple[int, Case]]:
    for number, text in _lines(file):
        try:
            yield number, case_of(text)
        except ValueError as error:
            raise click.ClickException(f"line {number}: {error}; nothing was stored") from None


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
