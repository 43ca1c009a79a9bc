"""What the database itself guarantees. Domain checks alone lose against bugs and two writers."""

from sqlalchemy import CheckConstraint, Table

from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

_STATUSES = ", ".join(f"'{status.value}'" for status in CaseStatus)
_CASE_CHECKS = {
    "status_known": f"status IN ({_STATUSES})",
    "id_length": f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}",
    "title_length": f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}",
    "reference_length": f"length(reference) <= {MAX_REFERENCE_LENGTH}",
    "version_positive": "version >= 1",
}


def add_case_rules(cases: Table) -> None:
    """Give `cases` its CHECKs."""
    for name, condition in _CASE_CHECKS.items():
        cases.append_constraint(CheckConstraint(condition, name=name))


def add_note_rules(notes: Table) -> None:
    """Give `case_notes` its CHECK."""
    condition = f"length(text) BETWEEN 1 AND {MAX_NOTE_LENGTH}"
    notes.append_constraint(CheckConstraint(condition, name="text_length"))
