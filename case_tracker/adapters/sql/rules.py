"""What the database itself guarantees. Domain checks alone lose against bugs and two writers."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, declared_attr

from case_tracker.adapters.sql.soft_delete import unique_among_alive
from case_tracker.domain.case import (
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)
from case_tracker.domain.status import CaseStatus

_ALIVE = text("deleted_at IS NULL")
_STATUSES = ", ".join(f"'{status.value}'" for status in CaseStatus)


class CaseRules:
    """Mixin: the reference, the CHECKs of a case and the indexes that its queries need."""

    reference: Mapped[str | None]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy hands over the class
        """Return constraints and indexes; each index serves a query that `read_models` sends."""
        return (
            CheckConstraint(f"status IN ({_STATUSES})", "status_known"),
            CheckConstraint(f"length(id) BETWEEN 1 AND {MAX_ID_LENGTH}", "id_length"),
            CheckConstraint(f"length(title) BETWEEN 1 AND {MAX_TITLE_LENGTH}", "title_length"),
            CheckConstraint(f"length(reference) <= {MAX_REFERENCE_LENGTH}", "reference_length"),
            CheckConstraint("version >= 1", "version_positive"),
            unique_among_alive("uq_cases_reference_alive", "reference"),
            Index(
                "ix_cases_status_id_alive",
                "status",
                "id",
                sqlite_where=_ALIVE,
                postgresql_where=_ALIVE,
            ),
        )


class NoteRules:
    """Mixin: the CHECK of a note, and the index that finds the notes of a case in their order."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy hands over the class
        """Return constraint and index."""
        return (
            CheckConstraint(f"length(text) BETWEEN 1 AND {MAX_NOTE_LENGTH}", "text_length"),
            Index("ix_case_notes_case_id_id", "case_id", "id"),
        )
