# Derived from case_tracker/adapters/sql/versioning.py.
# Change it there, then run `workbook dev sync`.
"""The version column and its guard. Never lets a save overwrite a change it has not seen."""

from typing import Any

from sqlalchemy import Table, Update, bindparam, update
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.domain.case import Case
from case_tracker.domain.errors import ConcurrentUpdateError


class VersionedRecord:
    """Mixin: every UPDATE of a record carries `WHERE version = the one that was read`."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        """Tell the mapper which column is the version, and that it never counts: `advance` does.

        A new record keeps the version that it is given.
        """
        return {"version_id_col": cls.version, "version_id_generator": False}


def translate_stale(error: Exception) -> ConcurrentUpdateError | None:
    """Return the domain's word for an UPDATE that lost its row; None for other errors."""
    return ConcurrentUpdateError() if isinstance(error, StaleDataError) else None


def advance(record: VersionedRecord, case: Case) -> None:
    """Move record and case to the next version: each save is one, also with new notes alone.

    Raises:
        ConcurrentUpdateError: the stored case is not the one that was read; nothing was changed.
    """
    if record.version != case.version:
        raise ConcurrentUpdateError(case.id)
    case.version += 1
    record.version = case.version


def versioned_update(table: Table, *columns: str) -> Update:
    """Return an UPDATE that finds a row only at the version that was read, and writes the next.

    It takes the parameters `row_id`, `version_read` and `new_…` for each of the columns.
    """
    version = bindparam("version_read", type_=table.c.version.type)
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"), table.c.version == version)
        .values({name: bindparam(f"new_{name}") for name in columns})
        .values(version=version + 1)
    )


def write_version(session: Session, statement: Update, case: Case, **values: object) -> bool:
    """Send the UPDATE for this case, and nothing else; say whether it found its row.

    Then `case` is at its next version; otherwise it stays as it was.
    """
    parameters = {f"new_{name}": value for name, value in values.items()}
    ids = {"row_id": case.id.value, "version_read": case.version}
    hit: bool = session.execute(statement, parameters | ids).rowcount == 1  # type: ignore[attr-defined] # an UPDATE has it
    if hit:
        case.version += 1
    return hit
