"""What the database itself guarantees. Domain checks alone lose against bugs and two writers."""

from sqlalchemy import CheckConstraint, Index, Table, text

from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

_ALIVE = text("deleted_at IS NULL")
_STATUSES = ", ".join(f"'{status.value}'" for status in CaseStatus)
_CASE_CHECKS = {
    "status_known": f"status IN ({_STATUSES})",
    "id_length": f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}",
    "title_length": f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}",
    "reference_length": f"length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
}


def add_case_rules(cases: Table) -> None:
    """Give `cases` its CHECKs and indexes. Each index serves a query that `read_models` sends.

    Deleted cases are in neither index: their references can be used again, and no page shows them.
    """
    for name, condition in _CASE_CHECKS.items():
        cases.append_constraint(CheckConstraint(condition, name=name))
    reference = Index("uq_cases_reference_alive", cases.c.reference, unique=True)
    pages = Index("ix_cases_status_id_alive", cases.c.status, cases.c.id)
    for index in (reference, pages):
        index.dialect_options["sqlite"]["where"] = _ALIVE
        index.dialect_options["postgresql"]["where"] = _ALIVE


def add_note_rules(notes: Table) -> None:
    """Give `case_notes` its CHECK, and the index that finds the notes of a case in their order."""
    condition = f"length(text) BETWEEN 1 AND {MAX_NOTE_LENGTH}"
    notes.append_constraint(CheckConstraint(condition, name="text_length"))
    Index("ix_case_notes_case_id_id", notes.c.case_id, notes.c.id)


def add_audit_rules(events: Table) -> None:
    """Give `audit_events` the index that finds the history of a case in its order."""
    Index("ix_audit_events_case_id_sequence", events.c.case_id, events.c.sequence)
