"""The version column and its guard. Never lets a save overwrite a change it has not seen."""

from typing import Any

from sqlalchemy import Table, Update, bindparam, update
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from case_tracker.domain.case import Case
from case_tracker.domain.errors import ConcurrentUpdateError


class VersionedRecord:
    """Mixin: every UPDATE carries `WHERE version = the one that was read`.

    We count by hand (`version_id_generator=False`): new notes alone are a new version too.
    """

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        """Tell the mapper which column is the version."""
        return {"version_id_col": cls.version, "version_id_generator": False}


def advance(record: VersionedRecord, case: Case) -> None:
    """Move record and case to the next version.

    Raises:
        ConcurrentUpdateError: the stored case is not the one that was read.
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
    """Send the UPDATE for this case; say whether it still was at the version that was read.

    On success `case` is at its next version.
    """
    parameters = {f"new_{name}": value for name, value in values.items()}
    ids = {"row_id": case.id.value, "version_read": case.version}
    hit: bool = session.execute(statement, parameters | ids).rowcount == 1  # type: ignore[attr-defined] # an UPDATE has it
    if hit:
        case.version += 1
    return hit
