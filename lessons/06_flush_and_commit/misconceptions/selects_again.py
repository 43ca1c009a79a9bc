"""A new SELECT, and the old object."""


def reread(session, letter):
    from sqlalchemy import select

    return session.scalars(select(LetterRecord).where(LetterRecord.id == letter.id)).one()
