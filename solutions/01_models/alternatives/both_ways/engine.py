"""The URL says what kind of database it is; a function opens the Sessions."""

from collections.abc import Callable

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.sqlite import prepare_sqlite


def build_engine(url: str) -> Engine:
    engine = create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        prepare_sqlite(engine)
    return engine


def build_session_factory(engine: Engine) -> Callable[[], Session]:
    return lambda: Session(engine)
