"""Everybody who asks for a Session gets an engine, too."""


def build_session_factory(engine):
    def open_session():
        return Session(create_engine(engine.url))

    return open_session
