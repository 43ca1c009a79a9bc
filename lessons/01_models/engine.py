"""Where connections come from. One engine for the whole program, one Session for each unit."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from case_tracker.adapters.sql.sqlite import prepare_sqlite


def build_engine(url: str) -> Engine:
    """Return an engine for the database of this URL. Connects to nothing yet.

    SQLite is prepared by `prepare_sqlite`, so that each connection enforces foreign keys; another
    database is left as it is.
    """
    # TODO 1.3: open the database of the URL; prepare it if it is SQLite
    return create_engine("sqlite:///:memory:")


def build_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory that opens a new Session on this engine each time it is called."""
    # TODO 1.4: each call opens a Session of its own, which borrows a connection when it
    #   needs one
    return sessionmaker(engine.connect())
