"""The Session writes records, and the savepoint is ended by hand; events are kept to the end."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from case_tracker.adapters.sql.clashes import clashing_case
from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.adapters.sql.mapping import to_record
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case
from case_tracker.domain.errors import CaseAlreadyExistsError, ConstraintViolatedError
from case_tracker.ports.repository import AuditEventRepository
from case_tracker.ports.row_import import Refusal

REFUSED = (CaseAlreadyExistsError, ConstraintViolatedError)


class SqlRowImport:
    def __init__(self, session: Session, audit_events: AuditEventRepository) -> None:
        self._session = session
        self._audit_events = audit_events

    def add_each(self, cases: Iterable[Case], actor: Actor) -> list[Refusal]:
        tried = [(case, self._refusal(case)) for case in cases]
        refusals = [Refusal(case, reason) for case, reason in tried if reason is not None]
        for refusal in refusals:
            stored = clashing_case(self._session, refusal.case)
            if stored is not None:
                event = AuditEvent.import_refused(stored, actor, refusal.case)
                self._audit_events.add(event)
        return refusals

    def _refusal(self, case: Case) -> CaseAlreadyExistsError | ConstraintViolatedError | None:
        try:
            self._add(case)
        except REFUSED as reason:
            return reason
        return None

    def _add(self, case: Case) -> None:
        savepoint = self._session.begin_nested()
        record = to_record(case)
        try:
            with translated_errors():
                self._session.add(record)
                self._session.flush()
        except BaseException:
            savepoint.rollback()
            raise
        savepoint.commit()
        self._session.expunge(record)  # it would clash with the next one of the same id
