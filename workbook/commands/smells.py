"""`workbook smells PATH`: data-access smells of any project, each with its line."""

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.home import command, shipped
from workbook.smells.catalogue import Smell, smells

if TYPE_CHECKING:
    from workbook.smells.engine import Finding, Report

INSTALL = "pip install 'unit-of-workbook[smells]'"


@click.command("smells")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--checklist", is_flag=True, help="Show all fifteen, with before and after.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def smells_command(
    ctx: click.Context, path: Path | None, *, checklist: bool, as_json: bool
) -> None:
    """Find data-access smells in a project: the line, why it hurts, the lesson.

    Only what is certain is found; --checklist is for the rest. A line that is right all the same
    says so: `# smell-ok: commit-in-repository: its caller has no Session`. Reads Python files and
    runs nothing. Exit 0 none, 1 found, 2 wrong use. Example: workbook smells src
    """
    if checklist:
        _print_checklist(as_json=as_json)
        return
    if path is None:
        raise click.UsageError(f"say where: {command('smells', 'PATH')}, or --checklist")
    report = _search(path)
    if as_json:
        click.echo(json.dumps(_data(report), indent=2))
    else:
        for line in _lines(report, path, shutil.get_terminal_size().columns):
            click.echo(line)
    ctx.exit(1 if report.findings else 0)


def _search(path: Path) -> "Report":
    try:
        from workbook.smells.engine import search  # noqa: PLC0415 - an extra
    except ImportError:
        raise click.UsageError(f"this command needs ast-grep-py: {INSTALL}") from None
    return search(path)


def _data(report: "Report") -> dict[str, object]:
    return {
        "files": report.files,
        "findings": [finding.to_data() for finding in report.findings],
        "allowed": [finding.to_data() for finding in report.allowed],
        "unread": [vars(unread) for unread in report.unread],
    }


def _lines(report: "Report", path: Path, width: int) -> Iterator[str]:
    width = max(width, 40)
    for smell, found in groupby(report.findings, lambda finding: finding.smell):
        yield from _group(smell, list(found), width)
    for unread in report.unread:
        yield f"not read: {unread.path} {unread.why}"
    total = len(report.findings)
    what = "no smell" if not total else "1 smell" if total == 1 else f"{total} smells"
    allowed = f", {len(report.allowed)} allowed" if report.allowed else ""
    yield f"{what} in {report.files} Python files of {path}{allowed}"
    if not report.files:
        yield "  there is no Python file here"
    yield f"  what no rule can find: {command('smells', '--checklist')}"


def _group(smell: Smell, found: Sequence["Finding"], width: int) -> Iterator[str]:
    yield f"{smell.number:>2}  {smell.name}  ({smell.slug})"
    for finding in found:
        yield f"    {finding.path}:{finding.line}"
        yield f"      {finding.text}"[:width]
        for text in (finding.says, finding.note):
            if text:
                yield from _wrapped(text, width, "      ")
    yield ""
    yield from _wrapped(smell.why, width, "    ")
    yield f"    {_taught(smell)}"
    yield ""


def _taught(smell: Smell) -> str:
    there = (shipped().lessons / smell.lesson).is_dir()
    return f"lesson {smell.lesson}" if there else f"lesson {smell.lesson}, to come"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def _print_checklist(*, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([smell.to_data() for smell in smells()], indent=2))
        return
    width = max(shutil.get_terminal_size().columns, 40)
    for smell in smells():
        click.echo(f"{smell.number:>2}  {smell.name}")
        for line in (*_wrapped(smell.look, width, "    "), *_wrapped(smell.why, width, "    ")):
            click.echo(line)
        for name, code in (("before", smell.before), ("after", smell.after)):
            click.echo(f"\n    {name}")
            for line in code.splitlines():
                click.echo(f"      {line}".rstrip())
        click.echo(f"\n    {_taught(smell)}\n")
