"""What all tables have in common: constraint names and column types. Maps no table itself."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.types import TypeDecorator

from case_tracker.adapters.sql.rules import CONSTRAINT_NAMES


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both sides. Refuses a naive datetime.

    SQLite drops the offset of what it stores, so 12:00+02:00 would come back as a naive 12:00.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Convert to UTC on the way in.

        Raises:
            ValueError: the value has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: add a time zone, datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Put UTC back on the way out."""
        if value is None:
            return None
        if value.tzinfo is None:
            return datetime.combine(value, value.time(), UTC)  # replace() takes 5 times as long
        return value.astimezone(UTC)


# Text is ordered by code point, as SQLite and Python do it. The locale of a PostgreSQL database
# would put "b" before "C", and differently after an upgrade of the system's libraries.
TEXT = String().with_variant(String(collation="C"), "postgresql")


class Conventions:
    """Mixin for the declarative base."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, str: TEXT}
