"""Fast, and gone with its connection."""


def build_engine(url):
    engine = create_engine("sqlite://")
    prepare_sqlite(engine)
    return engine
