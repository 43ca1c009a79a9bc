"""SQLAlchemy Core on the app's engine and tables, statements built where they are used."""

from collections import defaultdict

from sqlalchemy import func, insert, select, update

from bench.peers.common import PAGE, CaseRow, NoteRow, audit_row, case_row, check, check_hit
from bench.peers.sql import build_engines
from case_tracker.adapters.sql.tables import AUDIT_EVENTS, CASES, NOTES
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

COLUMNS = (CASES.c.id, CASES.c.title, CASES.c.status, CASES.c.version, CASES.c.reference)


class Core:
    """Tables, rows, no Session."""

    name = "SQLAlchemy Core"

    def __init__(self, url: str) -> None:
        self._read, self._write = build_engines(url)

    def insert(self, cases: list[Case]) -> None:
        """Two INSERTs of many rows."""
        now = utc_now()
        notes = [
            {"case_id": case.id.value, "text": note.text, "created_at": note.written_at}
            for case in cases
            for note in case.notes
        ]
        with self._write.begin() as connection:
            connection.execute(insert(CASES), [case_row(case, now) for case in cases])
            connection.execute(insert(NOTES), notes)

    def page(self, after: str) -> list[CaseRow]:
        """Two SELECTs."""
        query = select(*COLUMNS).where(CASES.c.deleted_at.is_(None), CASES.c.id > after)
        with self._read.begin() as connection:
            rows = connection.execute(query.order_by(CASES.c.id).limit(PAGE)).all()
            found = connection.execute(
                select(NOTES.c.case_id, NOTES.c.text, NOTES.c.created_at)
                .where(NOTES.c.case_id.in_([row.id for row in rows]))
                .order_by(NOTES.c.id)
            ).all()
        notes = defaultdict[str, list[NoteRow]](list)
        for case_id, text, created_at in found:
            notes[case_id].append(NoteRow(text, created_at))
        return [CaseRow(*row, tuple(notes[row[0]])) for row in rows]

    def count(self) -> int:
        """One SELECT."""
        query = select(func.count()).select_from(CASES).where(CASES.c.deleted_at.is_(None))
        with self._read.begin() as connection:
            return connection.scalar(query)

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseRow:
        """One SELECT, one UPDATE, one INSERT."""
        living = CASES.c.deleted_at.is_(None)
        query = select(*COLUMNS).where(CASES.c.id == case_id, living)
        with self._write.begin() as connection:
            row = connection.execute(query.with_for_update(key_share=True)).one()
            check(row.status, row.version, target, expected_version)
            change = (
                update(CASES)
                .where(CASES.c.id == case_id, CASES.c.version == row.version, living)
                .values(status=target.value, version=CASES.c.version + 1)
            )
            check_hit(connection.execute(change).rowcount)
            connection.execute(insert(AUDIT_EVENTS).values(audit_row(case_id, row.status, target)))
        return CaseRow(case_id, row.title, target.value, row.version + 1, row.reference)

    def close(self) -> None:
        """Close the pool."""
        self._read.dispose()
