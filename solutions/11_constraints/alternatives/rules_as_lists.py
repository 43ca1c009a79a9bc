"""Each table gets all of its rules in one call, as a list that reads like the table itself."""

from sqlalchemy import CheckConstraint, Table, UniqueConstraint

from case_tracker.domain import case as limits
from case_tracker.domain.status import CaseStatus

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_KNOWN = " OR ".join(f"status = '{status.value}'" for status in CaseStatus)


def add_case_rules(cases: Table) -> None:
    for rule in (
        CheckConstraint(_KNOWN, name="status_known"),
        CheckConstraint(_between("id", limits.MAX_ID_LENGTH), name="id_length"),
        CheckConstraint(_between("title", limits.MAX_TITLE_LENGTH), name="title_length"),
        CheckConstraint(
            f"reference IS NULL OR length(reference) <= {limits.MAX_REFERENCE_LENGTH}",
            name="reference_length",
        ),
        CheckConstraint("version > 0", name="version_positive"),
    ):
        cases.append_constraint(rule)


def add_note_rules(notes: Table) -> None:
    notes.append_constraint(
        CheckConstraint(_between("text", limits.MAX_NOTE_LENGTH), name="text_length")
    )


def add_audit_rules(events: Table) -> None:
    events.append_constraint(UniqueConstraint("id", name="uq_audit_events_id"))


def _between(column: str, longest: int) -> str:
    return f"{column} <> '' AND length({column}) <= {longest}"
