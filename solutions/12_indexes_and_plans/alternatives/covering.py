"""The index of the cases covers the total: SQLite need not look into the table to count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index

if TYPE_CHECKING:
    from sqlalchemy import Table


def add_case_indexes(cases: Table) -> None:
    living = cases.c.deleted_at == None  # noqa: E711 - SQLAlchemy makes IS NULL of it
    pages = Index("ix_cases_pages", cases.c.status, cases.c.id, cases.c.deleted_at)
    for dialect in ("sqlite", "postgresql"):
        pages.dialect_options[dialect]["where"] = living


def add_note_indexes(notes: Table) -> None:
    Index("ix_case_notes_pages", notes.c.case_id, notes.c.id, notes.c.created_at)


def add_audit_indexes(events: Table) -> None:
    Index("ix_audit_events_history", events.c.case_id, events.c.sequence)
