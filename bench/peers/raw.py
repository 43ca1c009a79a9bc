"""The driver alone, with SQL by hand: the limit. Keeps one connection open, has no pool."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench.peers.common import (
    PAGE,
    POSTGRES_OPTIONS,
    SQLITE_PRAGMAS,
    CaseRow,
    NoteRow,
    audit_row,
    check,
    check_hit,
)
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

INSERT_CASES = """INSERT INTO cases (id, title, status, reference, version, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
INSERT_NOTES = "INSERT INTO case_notes (case_id, text, created_at) VALUES (?, ?, ?)"
CASES = """SELECT id, title, status, version, reference FROM cases
WHERE deleted_at IS NULL AND id > ? ORDER BY id LIMIT ?"""
NOTES = "SELECT case_id, text, created_at FROM case_notes WHERE case_id IN ({}) ORDER BY id"
COUNT = "SELECT count(*) FROM cases WHERE deleted_at IS NULL"
GET = """SELECT id, title, status, version, reference FROM cases
WHERE id = ? AND deleted_at IS NULL"""
UPDATE = """UPDATE cases SET status = ?, version = version + 1, updated_at = ?
WHERE id = ? AND version = ? AND deleted_at IS NULL"""
INSERT_EVENT = """INSERT INTO audit_events
(id, case_id, actor, event_type, occurred_at, details_json) VALUES (?, ?, ?, ?, ?, ?)"""


class Raw:
    """sqlite3 or psycopg."""

    name = "raw driver"

    def __init__(self, url: str) -> None:
        self._driver = _Sqlite(url) if url.startswith("sqlite") else _Psycopg(url)
        self._execute = self._driver.connection.execute
        sql = self._driver.sql
        marks = ", ".join("?" * PAGE)
        self._cases, self._notes, self._count = sql(CASES), sql(NOTES.format(marks)), sql(COUNT)
        self._get, self._update = sql(GET + self._driver.lock), sql(UPDATE)
        self._insert_event = sql(INSERT_EVENT)

    def insert(self, cases: list[Case]) -> None:
        """Two times executemany()."""
        driver, at = self._driver, self._driver.to_driver
        now = at(utc_now())
        with self._transaction(driver.begin_writing):
            cursor = driver.connection.cursor()
            cursor.executemany(
                driver.sql(INSERT_CASES),
                [
                    (c.id.value, c.title, c.status.value, c.reference, c.version, now, now)
                    for c in cases
                ],
            )
            cursor.executemany(
                driver.sql(INSERT_NOTES),
                [(c.id.value, n.text, at(n.written_at)) for c in cases for n in c.notes],
            )

    def page(self, after: str) -> list[CaseRow]:
        """Two SELECTs."""
        at = self._driver.from_driver
        with self._transaction(self._driver.begin_reading):
            rows = self._execute(self._cases, (after, PAGE)).fetchall()
            found = self._execute(self._notes, [row[0] for row in rows]).fetchall()
        notes = defaultdict[str, list[NoteRow]](list)
        for case_id, text, created_at in found:
            notes[case_id].append(NoteRow(text, at(created_at)))
        return [CaseRow(*row, tuple(notes[row[0]])) for row in rows]

    def count(self) -> int:
        """One SELECT."""
        with self._transaction(self._driver.begin_reading):
            return self._execute(self._count).fetchone()[0]

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseRow:
        """One SELECT, one UPDATE, one INSERT."""
        at = self._driver.to_driver
        with self._transaction(self._driver.begin_writing):
            row = self._execute(self._get, (case_id,)).fetchone()
            source, version = row[2], row[3]
            check(source, version, target, expected_version)
            values = (target.value, at(utc_now()), case_id, version)
            check_hit(self._execute(self._update, values).rowcount)
            event = audit_row(case_id, source, target)
            event["occurred_at"] = at(event["occurred_at"])
            self._execute(self._insert_event, tuple(event.values()))
        return CaseRow(case_id, row[1], target.value, version + 1, row[4])

    def close(self) -> None:
        """Close the connection."""
        self._driver.connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._execute(begin)
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            raise
        self._execute("COMMIT")


class RawCopy(Raw):
    """psycopg with COPY, which only PostgreSQL has, and only for new rows."""

    name = "raw driver, COPY"

    def insert(self, cases: list[Case]) -> None:
        """Two times COPY."""
        now = utc_now()
        with self._transaction("BEGIN"):
            self._copy(
                "cases (id, title, status, reference, version, created_at, updated_at)",
                (
                    (c.id.value, c.title, c.status.value, c.reference, c.version, now, now)
                    for c in cases
                ),
            )
            self._copy(
                "case_notes (case_id, text, created_at)",
                ((c.id.value, n.text, n.written_at) for c in cases for n in c.notes),
            )

    def _copy(self, target: str, rows: Iterator[tuple[Any, ...]]) -> None:
        cursor = self._driver.connection.cursor()
        with cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


class _Sqlite:
    lock = ""
    begin_reading, begin_writing = "BEGIN", "BEGIN IMMEDIATE"

    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(make_url(url).database, isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            self.connection.execute(pragma)

    @staticmethod
    def sql(statement: str) -> str:
        return statement

    @staticmethod
    def to_driver(value: datetime) -> str:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    @staticmethod
    def from_driver(value: str) -> datetime:
        return datetime.fromisoformat(f"{value}+00:00")


class _Psycopg:
    lock = " FOR NO KEY UPDATE"
    begin_reading, begin_writing = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN"

    def __init__(self, url: str) -> None:
        conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = psycopg.connect(conninfo, autocommit=True, options=POSTGRES_OPTIONS)

    @staticmethod
    def sql(statement: str) -> str:
        return statement.replace("?", "%s")

    to_driver: Callable[[datetime], datetime] = staticmethod(lambda value: value)
    from_driver: Callable[[datetime], datetime] = staticmethod(lambda value: value)
