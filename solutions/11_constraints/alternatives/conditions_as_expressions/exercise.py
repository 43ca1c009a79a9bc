"""The conditions are expressions of SQLAlchemy: a column that is renamed is noticed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint, func

from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

if TYPE_CHECKING:
    from sqlalchemy import Table

_COLUMNS = "%(table_name)s_%(column_0_N_name)s"
CONSTRAINT_NAMES = {kind: f"{kind}_{_COLUMNS}" for kind in ("ix", "uq")} | {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": f"fk_{_COLUMNS}_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def add_case_rules(cases: Table) -> None:
    row = cases.c
    rules = {
        "status_known": row.status.in_([status.value for status in CaseStatus]),
        "id_length": func.length(row.id).between(1, MAX_ID_LENGTH),
        "title_length": func.length(row.title).between(1, MAX_TITLE_LENGTH),
        "reference_length": func.length(row.reference) <= MAX_REFERENCE_LENGTH,
        "version_positive": row.version > 0,
    }
    for name, condition in rules.items():
        cases.append_constraint(CheckConstraint(condition, name=name))


def add_note_rules(notes: Table) -> None:
    length = func.length(notes.c.text)
    rule = (length > 0) & (length <= MAX_NOTE_LENGTH)
    notes.append_constraint(CheckConstraint(rule, name="text_length"))


def add_audit_rules(events: Table) -> None:
    events.append_constraint(UniqueConstraint("id"))
