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
        # TODO 10.1: let each UPDATE of a record look for the version that was read
        return {}


def translate_stale(error: Exception) -> ConcurrentUpdateError | None:
    """Return the domain's word for an UPDATE that lost its row; None for other errors."""
    # TODO 10.2: give a StaleDataError its name in the domain, and no other error
    return None


def advance(record: VersionedRecord, case: Case) -> None:
    """Move record and case to the next version: each save is one, also with new notes alone.

    Raises:
        ConcurrentUpdateError: the stored case is not the one that was read; nothing was changed.
    """
    # TODO 10.3: refuse a case that was read before somebody else saved; otherwise count, on
    #   both sides
    record.version += 1
    case.version = record.version


def versioned_update(table: Table, *columns: str) -> Update:
    """Return an UPDATE that finds a row only at the version that was read, and writes the next.

    It takes the parameters `row_id`, `version_read` and `new_…` for each of the columns.
    """
    # TODO 10.4: let the UPDATE find its row only at the version that was read
    version = bindparam("version_read", type_=table.c.version.type)
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}") for name in columns})
        .values(version=version + 1)
    )


def write_version(session: Session, statement: Update, case: Case, **values: object) -> bool:
    """Send the UPDATE for this case, and nothing else; say whether it found its row.

    Then `case` is at its next version; otherwise it stays as it was.
    """
    # TODO 10.5: say whether the UPDATE found its row, and count only then
    parameters = {f"new_{name}": value for name, value in values.items()}
    ids = {"row_id": case.id.value, "version_read": case.version}
    session.execute(statement, parameters | ids)
    case.version += 1
    return True
