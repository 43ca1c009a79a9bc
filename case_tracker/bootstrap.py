"""The one file that names concrete adapters. Everything else is handed what it needs."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from case_tracker.adapters.memory.unit_of_work import InMemoryUnitsOfWork
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.errors import InvalidValueError

MEMORY = "memory:"


def build_units(url: str) -> InMemoryUnitsOfWork | SqlUnitsOfWork:
    """Return the units of work for this database: `memory:` or a SQLAlchemy URL.

    Missing tables are created, until the migrations of lesson 14 do it.

    Raises:
        InvalidValueError: the text is no database URL, or its driver is unknown.
    """
    if url == MEMORY:
        return InMemoryUnitsOfWork()
    try:
        make_url(url).get_dialect()
    except (ArgumentError, NoSuchModuleError):
        rule = "is 'memory:' or a database URL like 'sqlite:///cases.db'"
        raise InvalidValueError("database URL", url, rule) from None
    engine = build_engine(url)
    METADATA.create_all(engine)
    return SqlUnitsOfWork(engine)
