"""The app's own engines, for every peer that stands on SQLAlchemy: same PRAGMAs, same pool."""

from sqlalchemy import Engine

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.postgresql import build_postgresql_engine, reading
from case_tracker.adapters.sql.sqlite import BEGIN_OPTION


def build_engines(url: str) -> tuple[Engine, Engine]:
    """Return the engine for reading and the one for writing; they share one pool."""
    if url.startswith("sqlite"):
        engine = build_engine(url)
        return engine, engine.execution_options(**{BEGIN_OPTION: "IMMEDIATE"})
    engine = build_postgresql_engine(url)
    return reading(engine), engine
