"""The one file that names concrete adapters. Everything else is handed what it needs."""

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from case_tracker.adapters.memory.unit_of_work import InMemoryUnitsOfWork
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.adapters.sql.postgresql import PostgresqlSettings, build_postgresql_engine
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.errors import InvalidValueError

MEMORY = "memory:"
PREFIX = "CASE_TRACKER_"


def build_units(
    url: str, environ: Mapping[str, str] = os.environ
) -> InMemoryUnitsOfWork | SqlUnitsOfWork:
    """Return the units of work for this database: `memory:` or a SQLAlchemy URL.

    Emits 1 SELECT: whoever works on tables of another age damages data.

    Raises:
        InvalidValueError: the text is no database URL, its driver is unknown or not installed, or
            a setting in the environment has a wrong value.
        DatabaseUnavailableError: the database cannot be reached.
        SchemaOutdatedError: the database waits for `case-tracker db upgrade`.
        SchemaTooNewError: the database belongs to a newer program.
    """
    if url == MEMORY:
        return InMemoryUnitsOfWork()
    engine = _build_engine(url, environ)
    try:
        with translated_errors():
            SqlSchema(engine).check()
    except BaseException:
        engine.dispose()
        raise
    return SqlUnitsOfWork(engine)


def build_schema(url: str, environ: Mapping[str, str] = os.environ) -> SqlSchema:
    """Return the tables of this database, to look at or to change. Whatever state they are in.

    Raises:
        InvalidValueError: the text is no URL of a database with tables.
    """
    if url == MEMORY:
        raise InvalidValueError("database URL", url, "names a database with tables")
    return SqlSchema(_build_engine(url, environ))


def _build_engine(url: str, environ: Mapping[str, str]) -> Engine:
    backend = _parsed(url).get_backend_name()
    try:
        if backend == "postgresql":
            return build_postgresql_engine(url, postgresql_settings(environ))
        return build_engine(url)
    except ModuleNotFoundError as error:
        remedy = "for PostgreSQL: pip install 'unit-of-workbook[postgresql]'"
        rule = f"has a driver that is installed ({error}; {remedy})"
        raise InvalidValueError("database URL", _parsed(url).render_as_string(), rule) from None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        rule = "is 'memory:' or a database URL like 'sqlite:///cases.db'"
        raise InvalidValueError("database URL", url, rule) from None
    return parsed


def postgresql_settings(environ: Mapping[str, str]) -> PostgresqlSettings:
    """Return the settings of the environment: CASE_TRACKER_POOL_SIZE is `pool_size`, and so on.

    Raises:
        InvalidValueError: a value is no number, or a number that cannot be.
    """
    values: dict[str, Any] = {}
    for field in fields(PostgresqlSettings):
        name = PREFIX + field.name.upper()
        if name in environ:
            number_or_text: Any = field.type
            try:
                values[field.name] = number_or_text(environ[name])
            except ValueError:
                raise InvalidValueError(name, environ[name], "is a number") from None
    return PostgresqlSettings(**values)
