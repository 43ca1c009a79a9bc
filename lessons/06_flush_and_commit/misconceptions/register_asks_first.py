"""The one known rule is checked by hand."""


def register(session, letter):
    from sqlalchemy import select

    query = select(LetterRecord).where(LetterRecord.number == letter.number)
    if session.scalars(query).first() is not None:
        raise ValueError("the number is taken")
    session.add(letter)
