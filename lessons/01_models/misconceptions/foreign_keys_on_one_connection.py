"""The PRAGMA is sent once, on the connection that happens to be first."""

from sqlalchemy import event


def build_engine(url):
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(
            engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=ON"), once=True
        )
    return engine
