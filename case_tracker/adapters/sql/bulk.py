"""Many cases in one go. Past the Session's bookkeeping: rows go in, no record is tracked."""

from collections.abc import Iterable

from sqlalchemy import insert
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.domain.case import Case


class SqlCaseImport:
    """The way in for many cases: one INSERT for all cases, one for all notes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, cases: Iterable[Case]) -> int:
        """Write all cases with their notes and return how many. Emits at most 2 INSERTs."""
        cases = list(cases)
        notes = [_note_row(case, i) for case in cases for i in range(len(case.notes))]
        if cases:
            self._session.execute(insert(CaseRecord), [_case_row(case) for case in cases])
        if notes:
            self._session.execute(insert(CaseNoteRecord), notes)
        return len(cases)


def _case_row(case: Case) -> dict[str, object]:
    return {
        "id": case.id.value,
        "title": case.title,
        "status": case.status.value,
        "version": case.version,
    }


def _note_row(case: Case, index: int) -> dict[str, object]:
    note = case.notes[index]
    return {"case_id": case.id.value, "text": note.text, "created_at": note.written_at}
