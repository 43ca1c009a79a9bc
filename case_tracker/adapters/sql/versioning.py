"""The version column and its guard. Never lets a save overwrite a change it has not seen."""

from typing import Any

from sqlalchemy.orm import Mapped, declared_attr, mapped_column

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
