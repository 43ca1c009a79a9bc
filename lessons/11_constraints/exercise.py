"""What the database itself guarantees. Domain checks alone lose against bugs and two writers."""

from sqlalchemy import CheckConstraint, Table, UniqueConstraint

from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

# TODO 11.1: let each rule have a name that says its kind, its table and its columns
CONSTRAINT_NAMES = {"ix": "ix_%(column_0_label)s"}
"""How each rule is named: kind, table, then all columns; a CHECK ends with the name it is given,
a foreign key with the table that it refers to. A primary key is the only one of its table.
"""

STATUSES = ", ".join(f"'{status.value}'" for status in CaseStatus)

# TODO 11.2: write what the domain promises about a case, as conditions in SQL
CASE_CHECKS = {
    "title_length": "length(title) > 0",
}
"""What is true of each row of `cases`, in SQL: `status_known`, `id_length`, `title_length` (both
from 1 on), `reference_length` (when there is one) and `version_positive`.
"""


def add_case_rules(cases: Table) -> None:
    """Give `cases` its CHECKs."""
    for name, condition in CASE_CHECKS.items():
        cases.append_constraint(CheckConstraint(condition, name=name))


def add_note_rules(notes: Table) -> None:
    """Give `case_notes` its CHECK, `text_length`: from 1 to as many characters as the domain."""
    # TODO 11.3: refuse a note without text, as well as one that is too long
    condition = f"length(text) <= {MAX_NOTE_LENGTH}"
    notes.append_constraint(CheckConstraint(condition, name="text_length"))


def add_audit_rules(events: Table) -> None:
    """Let no `id` stand twice in `audit_events`, whatever case the events belong to."""
    # TODO 11.4: let the database refuse an event whose id is stored already
    events.append_constraint(UniqueConstraint(events.c.id, events.c.case_id))
