"""The indexes: each one serves a query that is sent often. Never a rule: those are in `rules`.

Whatever the planner does not use is paid for by each INSERT, and helps nobody.
"""

from sqlalchemy import Index, Table

from case_tracker.adapters.sql.soft_delete import alive


def add_case_indexes(cases: Table) -> None:
    """Let the page of one status, and its total, find its cases, and find them in order of ids.

    Deleted cases are not in the index: no page shows them.
    """
    # TODO 12.1: replace this index by one that the page of one status needs; living cases
    #   only
    Index("ix_cases_title", cases.c.title)


def add_note_indexes(notes: Table) -> None:
    """Let one case, and a page of cases, find its notes without reading those of other cases.

    The notes of a case stand in the index in their order: by id.
    """
    # TODO 12.2: the columns are right; find out from the plan what is not
    Index("ix_case_notes_id_case_id", notes.c.id, notes.c.case_id)


def add_audit_indexes(events: Table) -> None:
    """Let the history of a case find its events, and find them in order of `sequence`."""
    # TODO 12.3: index what the history of a case asks for
    Index("ix_audit_events_occurred_at", events.c.occurred_at)
