"""Where async connections come from, prepared as the sync ones are. One engine for an event loop.

Never keeps what was read behind a commit: a second SELECT could not be sent from an attribute.
"""

from typing import Any

from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from case_tracker.adapters.sql.postgresql import (
    DEFAULTS,
    PostgresqlSettings,
    pool_options,
    prepare_postgresql,
)
from case_tracker.adapters.sql.sqlite import prepare_sqlite


def build_async_engine(url: str, settings: PostgresqlSettings = DEFAULTS) -> AsyncEngine:
    """Return an engine for the async driver that this URL names. Connects to nothing yet.

    SQLite enforces foreign keys and real transactions; PostgreSQL speaks UTC and loses patience:
    what `prepare_sqlite` and `prepare_postgresql` promise is true here, too.
    """
    if not url.startswith("postgresql"):
        engine = create_async_engine(url)
        prepare_sqlite(engine.sync_engine)
        return engine
    engine = create_async_engine(url, **pool_options(settings))
    prepare_postgresql(engine.sync_engine, settings)
    return engine


def build_async_session_factory(
    engine: AsyncEngine, **options: Any
) -> async_sessionmaker[AsyncSession]:
    """Return the factory that opens a new AsyncSession each time it is called.

    A task opens its own: two tasks in one AsyncSession are two threads in one Session.
    """
    return async_sessionmaker(engine, expire_on_commit=False, **options)
