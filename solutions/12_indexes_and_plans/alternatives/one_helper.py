"""One helper makes every index; the condition is text."""

from sqlalchemy import Index, Table, text


def add_case_indexes(cases: Table) -> None:
    _add(cases, "status", "id", only="deleted_at IS NULL")


def add_note_indexes(notes: Table) -> None:
    _add(notes, "case_id", "id")


def add_audit_indexes(events: Table) -> None:
    _add(events, "case_id", "sequence")


def _add(table: Table, *names: str, only: str | None = None) -> None:
    where = text(only) if only else None
    name = f"ix_{table.name}_{'_'.join(names)}"
    columns = [table.c[column] for column in names]
    Index(name, *columns, sqlite_where=where, postgresql_where=where)
