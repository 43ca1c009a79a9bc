"""The ORM as its tutorial shows it, on the app's records: tracked changes, selectinload."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bench.peers.common import PAGE, audit_row, case_row, check
from bench.peers.sql import build_engines
from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

LOCK = {"key_share": True}


class Orm:
    """Records in a Session. The UPDATE carries the version: CaseRecord has a `version_id_col`."""

    name = "plain ORM"

    def __init__(self, url: str) -> None:
        self._read, self._write = build_engines(url)
        self._lock = None if url.startswith("sqlite") else LOCK

    def insert(self, cases: list[Case]) -> None:
        """One add_all()."""
        now = utc_now()
        with Session(self._write) as session:
            session.add_all(
                CaseRecord(
                    **case_row(case, now),
                    notes=[
                        CaseNoteRecord(text=n.text, created_at=n.written_at) for n in case.notes
                    ],
                )
                for case in cases
            )
            session.commit()

    def page(self, after: str) -> list[CaseRecord]:
        """Two SELECTs."""
        query = (
            select(CaseRecord)
            .where(CaseRecord.deleted_at.is_(None), CaseRecord.id > after)
            .order_by(CaseRecord.id)
            .limit(PAGE)
            .options(selectinload(CaseRecord.notes))
        )
        with Session(self._read) as session:
            return list(session.scalars(query))

    def count(self) -> int:
        """One SELECT."""
        query = select(func.count()).select_from(CaseRecord)
        with Session(self._read) as session:
            return session.scalars(query.where(CaseRecord.deleted_at.is_(None))).one()

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseRecord:
        """One SELECT, one UPDATE, one INSERT."""
        with Session(self._write, expire_on_commit=False) as session:
            record = session.get_one(CaseRecord, case_id, with_for_update=self._lock)
            check(record.status, record.version, target, expected_version)
            session.add(AuditEventRecord(**audit_row(case_id, record.status, target)))
            record.status = target.value
            record.version += 1
            session.commit()
        return record

    def close(self) -> None:
        """Close the pool."""
        self._read.dispose()
