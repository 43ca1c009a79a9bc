# Derived from case_tracker/adapters/sql/engine.py.
# Change it there, then run `workbook dev sync`.
"""Where connections come from. One engine for the whole program, one Session for each unit."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.sqlite import prepare_sqlite


def build_engine(url: str) -> Engine:
    """Return an engine for the database of this URL. Connects to nothing yet.

    SQLite is prepared by `prepare_sqlite`, so that each connection enforces foreign keys; another
    database is left as it is.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    return engine


def build_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory that opens a new Session on this engine each time it is called."""
    # What was read stays readable after a commit, without another SELECT.
    return sessionmaker(engine, expire_on_commit=False)
