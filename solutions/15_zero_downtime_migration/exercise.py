"""Three versions of the program that keeps notes. During a release, two of them run at once.

Each call is a transaction of its own.
"""

from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Engine, Integer, Uuid, column, insert, select, table

from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.domain.clock import utc_now

NOTES = table(
    "case_notes",
    column("id", Integer),  # the old key, a number
    column("uid", Uuid),  # the new key, a UUID
    column("case_id"),
    column("text"),
    column("created_at", UtcDateTime),
)


class Program:
    """What all versions share."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _store(self, case_id: str, words: str, **keys: UUID) -> int | None:
        """Store a note, with the keys that are given; return its number."""
        values = {"case_id": case_id, "text": words, "created_at": utc_now(), **keys}
        with self._engine.begin() as connection:
            return connection.scalar(insert(NOTES).values(values).returning(NOTES.c.id))

    def _read(self, condition: ColumnElement[bool]) -> str | None:
        """Return the words of the note for which the condition is true, or None."""
        with self._engine.connect() as connection:
            return connection.scalar(select(NOTES.c["text"]).where(condition))


class V1(Program):
    """The old version. It knows numbers only."""

    def add(self, case_id: str, words: str) -> str:
        """Store a note; return the key for its link: the number, which the database makes."""
        return str(self._store(case_id, words))

    def find(self, key: str) -> str | None:
        """Return the words of the note with this key, a number; None when there is none."""
        return self._read(NOTES.c.id == int(key)) if key.isdigit() else None


class V2(Program):
    """The version in between: it writes both keys, and understands both."""

    def add(self, case_id: str, words: str) -> str:
        """Store a note with a new UUID as `uid`; return a key that V1 understands, too."""
        return str(self._store(case_id, words, uid=uuid4()))

    def find(self, key: str) -> str | None:
        """Return the words of the note with this key, or None.

        It is asked for numbers and UUIDs, and for no other texts.
        """
        if key.isdigit():
            return self._read(NOTES.c.id == int(key))
        return self._read(NOTES.c.uid == UUID(key))


class V3(V2):
    """The new version: it understands both keys, and hands out UUIDs."""

    def add(self, case_id: str, words: str) -> str:
        """Store a note; return the key for its link: the UUID."""
        uid = uuid4()
        self._store(case_id, words, uid=uid)
        return str(uid)
