"""The commit checks the letter, too."""


def register(session, letter):
    session.add(letter)
    session.commit()
