"""The UPDATE returns the version that it wrote: RETURNING says the same as rowcount, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.domain.errors import ConcurrentUpdateError

if TYPE_CHECKING:
    from sqlalchemy import Table, Update
    from sqlalchemy.orm import Session

    from case_tracker.domain.case import Case


class VersionedRecord:
    """Mixin: a version in every WHERE, counted by advance()."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        return {"version_id_generator": False, "version_id_col": cls.version}


def translate_stale(error: Exception) -> ConcurrentUpdateError | None:
    match error:
        case StaleDataError():
            return ConcurrentUpdateError()
        case _:
            return None


def advance(record: VersionedRecord, case: Case) -> None:
    read, stored = case.version, record.version
    if read != stored:
        raise ConcurrentUpdateError(case.id)
    record.version = case.version = read + 1


def versioned_update(table: Table, *columns: str) -> Update:
    statement = update(table).where(table.c.id == bindparam("row_id"))
    statement = statement.where(table.c.version == bindparam("version_read"))
    new = {name: bindparam(f"new_{name}") for name in columns}
    return statement.values(new | {"version": table.c.version + 1})


def write_version(session: Session, statement: Update, case: Case, **values: object) -> bool:
    parameters = {"row_id": case.id.value, "version_read": case.version}
    for name, value in values.items():
        parameters[f"new_{name}"] = value
    returning = statement.returning(statement.table.c.version)
    written = session.execute(returning, parameters).scalar_one_or_none()
    case.version = written or case.version
    return written is not None
