"""V2 asks first whether the key can be a UUID at all, and writes through the new version."""

from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Engine, Integer, Uuid, column, insert, select, table

from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.domain.clock import utc_now

NOTES = table(
    "case_notes",
    column("id", Integer),
    column("uid", Uuid),
    column("case_id"),
    column("text"),
    column("created_at", UtcDateTime),
)


class Program:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _store(self, case_id: str, words: str, **keys: UUID) -> int | None:
        values = {"case_id": case_id, "text": words, "created_at": utc_now(), **keys}
        with self._engine.begin() as connection:
            return connection.scalar(insert(NOTES).values(values).returning(NOTES.c.id))

    def _read(self, condition: ColumnElement[bool]) -> str | None:
        with self._engine.connect() as connection:
            return connection.scalar(select(NOTES.c["text"]).where(condition))


class V1(Program):
    def add(self, case_id: str, words: str) -> str:
        return str(self._store(case_id, words))

    def find(self, key: str) -> str | None:
        return self._read(NOTES.c.id == int(key)) if key.isdigit() else None


class V2(Program):
    def add(self, case_id: str, words: str) -> str:
        new_key = uuid4()
        number = self._store(case_id, words, uid=new_key)
        return f"{number}"

    def find(self, key: str) -> str | None:
        try:
            condition = NOTES.c.uid == UUID(key)
        except ValueError:
            condition = NOTES.c.id == int(key)
        return self._read(condition)


class V3(V2):
    def add(self, case_id: str, words: str) -> str:
        uid = uuid4()
        self._store(case_id, words, uid=uid)
        return str(uid)
