"""The one file that names concrete adapters. Everything else is handed what it needs."""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from case_tracker.adapters.memory.unit_of_work import InMemoryUnitsOfWork
from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.adapters.sql.postgresql import PostgresqlSettings, build_postgresql_engine
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.errors import InvalidValueError

if TYPE_CHECKING:  # who runs no event loop needs no greenlet
    from case_tracker.adapters.sql_async.units import AsyncSqlUnits

T = TypeVar("T")

MEMORY = "memory:"
PREFIX = "CASE_TRACKER_"
SYNC_DRIVERS = {"aiosqlite": "sqlite", "asyncpg": "postgresql+psycopg"}


def build_units(
    url: str, environ: Mapping[str, str] = os.environ
) -> InMemoryUnitsOfWork | SqlUnitsOfWork:
    """Return the units of work for this database: `memory:` or a SQLAlchemy URL.

    In a SQL database their repository is `SqlCaseStore`, the fast one; the plain one of lesson 02
    keeps the same contract. Emits 1 SELECT: whoever works on tables of another age damages data.

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
    """Build a sync engine, also for the URL of an async driver: commands have no event loop."""
    parsed = _parsed(url)
    driver = SYNC_DRIVERS.get(parsed.get_driver_name(), parsed.drivername)
    url = parsed.set(drivername=driver).render_as_string(hide_password=False)
    if parsed.get_backend_name() == "postgresql":
        settings = postgresql_settings(environ)
        return _with_driver(lambda: build_postgresql_engine(url, settings), url)
    return _with_driver(lambda: build_engine(url), url)


def is_async(url: str) -> bool:
    """Say whether this URL names an async driver: `sqlite+aiosqlite:///cases.db`, for one."""
    return url != MEMORY and _parsed(url).get_driver_name() in SYNC_DRIVERS


async def build_async_units(url: str, environ: Mapping[str, str] = os.environ) -> "AsyncSqlUnits":
    """Return the units of work for code that awaits. Raises what `build_units` raises.

    Emits 1 SELECT, and leaves no connection open: any event loop may be the one that uses them.
    """
    if not is_async(url):
        rule = "names an async driver, sqlite+aiosqlite or postgresql+asyncpg"
        raise InvalidValueError("database URL", _shown(url), rule)
    settings = postgresql_settings(environ)

    def build() -> "AsyncSqlUnits":
        from case_tracker.adapters.sql_async.engine import build_async_engine  # noqa: PLC0415
        from case_tracker.adapters.sql_async.units import AsyncSqlUnits  # noqa: PLC0415

        return AsyncSqlUnits(build_async_engine(url, settings))

    units = _with_driver(build, url)
    try:
        with translated_errors():
            await units.run(lambda _: units.schema.check())
    finally:
        await units.close()
    return units


def _with_driver(build: Callable[[], T], url: str) -> T:
    try:
        return build()
    except ImportError as error:
        extra = "async" if is_async(url) else "postgresql"
        remedy = f"pip install 'unit-of-workbook[{extra}]'"
        rule = f"has a driver that is installed ({error}; {remedy})"
    except ArgumentError as error:  # a port that is no number
        rule = f"is one that its driver understands ({error})"
    raise InvalidValueError("database URL", _shown(url), rule)


def _shown(url: str) -> str:
    """Return the URL without its password."""
    return url if url == MEMORY else _parsed(url).render_as_string()


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
