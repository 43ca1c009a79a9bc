"""The indexes: each one serves a query that is sent often. Never a rule: those are in `rules`.

Whatever the planner does not use is paid for by each INSERT, and helps nobody.
"""

from sqlalchemy import Index, Table

from case_tracker.adapters.sql.soft_delete import alive


def add_case_indexes(cases: Table) -> None:
    """Let the page of one status, and its total, find its cases, and find them in order of ids.

    Deleted cases are not in the index: no page shows them.
    """
    living = alive(cases)
    Index(
        "ix_cases_status_id_alive",
        cases.c.status,
        cases.c.id,
        sqlite_where=living,
        postgresql_where=living,
    )


def add_note_indexes(notes: Table) -> None:
    """Let one case, and a page of cases, find its notes without reading those of other cases.

    The notes of a case stand in the index in their order: by id.
    """
    Index("ix_case_notes_case_id_id", notes.c.case_id, notes.c.id)


def add_audit_indexes(events: Table) -> None:
    """Let the history of a case find its events, and find them in order of `sequence`."""
    Index("ix_audit_events_case_id_sequence", events.c.case_id, events.c.sequence)
