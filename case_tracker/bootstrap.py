"""The one file that names concrete adapters. Everything else is handed what it needs."""

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from case_tracker.adapters.memory.unit_of_work import InMemoryUnitsOfWork
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.errors import InvalidValueError

MEMORY = "memory:"


def build_units(url: str) -> InMemoryUnitsOfWork | SqlUnitsOfWork:
    """Return the units of work for this database: `memory:` or a SQLAlchemy URL.

    Emits 1 SELECT: whoever works on tables of another age damages data.

    Raises:
        InvalidValueError: the text is no database URL, or its driver is unknown.
        SchemaOutdatedError: the database waits for `case-tracker db upgrade`.
        SchemaTooNewError: the database belongs to a newer program.
    """
    if url == MEMORY:
        return InMemoryUnitsOfWork()
    engine = _engine(url)
    try:
        SqlSchema(engine).check()
    except BaseException:
        engine.dispose()
        raise
    return SqlUnitsOfWork(engine)


def build_schema(url: str) -> SqlSchema:
    """Return the tables of this database, to look at or to change. Whatever state they are in.

    Raises:
        InvalidValueError: the text is no URL of a database with tables.
    """
    if url == MEMORY:
        raise InvalidValueError("database URL", url, "names a database with tables")
    return SqlSchema(_engine(url))


def _engine(url: str) -> Engine:
    try:
        make_url(url).get_dialect()
    except (ArgumentError, NoSuchModuleError):
        rule = "is 'memory:' or a database URL like 'sqlite:///cases.db'"
        raise InvalidValueError("database URL", url, rule) from None
    return build_engine(url)
