# Derived from case_tracker/adapters/sql/rules.py.
# Change it there, then run `workbook dev sync`.
"""What the database itself guarantees. Domain checks alone lose against bugs and two writers."""

from sqlalchemy import CheckConstraint, Table, UniqueConstraint

from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How each rule is named: kind, table, then all columns; a CHECK ends with the name it is given,
a foreign key with the table that it refers to. A primary key is the only one of its table.
"""

STATUSES = ", ".join(f"'{status.value}'" for status in CaseStatus)

CASE_CHECKS = {
    "status_known": f"status IN ({STATUSES})",
    "id_length": f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}",
    "title_length": f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}",
    "reference_length": f"length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
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
    condition = f"length(text) BETWEEN 1 AND {MAX_NOTE_LENGTH}"
    notes.append_constraint(CheckConstraint(condition, name="text_length"))


def add_audit_rules(events: Table) -> None:
    """Let no `id` stand twice in `audit_events`, whatever case the events belong to."""
    events.append_constraint(UniqueConstraint(events.c.id))
