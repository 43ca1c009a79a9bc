"""Diagrams of the application, drawn from its code: they cannot show another schema than it has."""

from sqlalchemy import Column, ForeignKeyConstraint, Table

from case_tracker.adapters.sql.tables import METADATA
from case_tracker.domain.status import CaseStatus


def states() -> str:
    """Return the states of a case, and every step between them, as Mermaid text."""
    steps = [
        f"    {status} --> {following}"
        for status in CaseStatus
        for following in sorted(status.next_steps, key=list(CaseStatus).index)
    ]
    ends = [f"    {status} --> [*]" for status in CaseStatus if not status.next_steps]
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(CaseStatus))}", *steps, *ends]
    return _fence(lines, "The states of a case")


def tables() -> str:
    """Return every table with its columns and foreign keys as Mermaid text."""
    lines = ["erDiagram"]
    for table in METADATA.sorted_tables:
        lines += [f"    {table.name} {{", *map(_column, table.columns), "    }"]
    for table in METADATA.sorted_tables:
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint):
                lines.append(_reference(table, key))
    return _fence(lines, "The tables of case_tracker")


def _column(column: Column[object]) -> str:
    kind = str(column.type).partition("(")[0].replace(" ", "_")
    keys = [name for name, is_one in _keys(column) if is_one]
    rule = "" if column.nullable else ' "not null"'
    return f"        {kind} {column.name} {', '.join(keys)}{rule}"


def _keys(column: Column[object]) -> list[tuple[str, bool]]:
    return [("PK", column.primary_key), ("FK", bool(column.foreign_keys))]


def _reference(table: Table, key: ForeignKeyConstraint) -> str:
    names = ", ".join(key.column_keys)
    return f"    {key.referred_table.name} ||--o{{ {table.name} : {names}"


def _fence(lines: list[str], title: str) -> str:
    return "\n".join(["```mermaid", lines[0], f"    accTitle: {title}", *lines[1:], "```"])
