"""After a commit the objects are fresh, or so they say."""


def reread(session, letter):
    session.commit()
    session.refresh(letter)
    return letter
