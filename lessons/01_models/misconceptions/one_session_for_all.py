"""The Session is made once, and handed out again and again."""


def build_session_factory(engine):
    session = Session(engine)
    return lambda: session
