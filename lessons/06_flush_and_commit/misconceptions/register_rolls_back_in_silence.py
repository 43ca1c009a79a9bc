"""A letter that is refused is left out, or so it is meant."""


def register(session, letter):
    session.add(letter)
    try:
        session.flush()
    except Exception:
        session.rollback()
