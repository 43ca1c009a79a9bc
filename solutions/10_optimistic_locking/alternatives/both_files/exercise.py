"""One function asks the question of all tasks: is this still the version that was read?"""

from typing import Any

from sqlalchemy import Table, Update, and_, bindparam, update
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.domain.case import Case
from case_tracker.domain.errors import ConcurrentUpdateError
from case_tracker.domain.versioned import expect_version


class VersionedRecord:
    """Mixin: the column is made here, and the mapper looks at it."""

    @declared_attr
    def version(cls) -> Mapped[int]:  # noqa: N805 - SQLAlchemy hands over the class
        return mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        options: dict[str, Any] = {}
        options["version_id_col"] = cls.version
        options["version_id_generator"] = False
        return options


def translate_stale(error: Exception) -> ConcurrentUpdateError | None:
    if not isinstance(error, StaleDataError):
        return None
    return ConcurrentUpdateError()


def advance(record: VersionedRecord, case: Case) -> None:
    expect_version(case, record.version)
    record.version += 1
    case.version = record.version


def versioned_update(table: Table, *columns: str) -> Update:
    as_read = and_(table.c.id == bindparam("row_id"), table.c.version == bindparam("version_read"))
    changes = {table.c[name]: bindparam(f"new_{name}") for name in columns}
    return (
        update(table).values(changes).values({table.c.version: table.c.version + 1}).where(as_read)
    )


def write_version(session: Session, statement: Update, case: Case, **values: object) -> bool:
    bound = {f"new_{name}": value for name, value in values.items()}
    bound.update(row_id=case.id.value, version_read=case.version)
    found = session.connection().execute(statement, bound).rowcount
    case.version += found
    return bool(found)
