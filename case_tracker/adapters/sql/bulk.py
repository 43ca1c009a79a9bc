"""Many cases in one go. Past the Session's bookkeeping: rows go in, no record is tracked."""

from collections.abc import Iterable

from sqlalchemy import Insert, insert
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.tables import CASES, NOTES
from case_tracker.domain.case import Case

_INSERT_CASES = insert(CASES)
_INSERT_NOTES = insert(NOTES)


class SqlCaseImport:
    """The way in for many cases: one INSERT for all cases, one for all notes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, cases: Iterable[Case]) -> int:
        """Write all cases with their notes and return how many. Emits at most 2 INSERTs."""
        cases = list(cases)
        self._insert(_INSERT_CASES, [_case_row(case) for case in cases])
        self._insert(_INSERT_NOTES, [row for case in cases for row in _note_rows(case)])
        return len(cases)

    def add_notes(self, case: Case, *, first: int) -> None:
        """Write the notes of a stored case from number `first` (0, 1, …) on. At most 1 INSERT."""
        self._insert(_INSERT_NOTES, _note_rows(case, first))

    def _insert(self, statement: Insert, rows: list[dict[str, object]]) -> None:
        if rows:
            self._session.execute(statement, rows)


def _case_row(case: Case) -> dict[str, object]:
    return {
        "id": case.id.value,
        "title": case.title,
        "status": case.status.value,
        "reference": case.reference,
        "version": case.version,
    }


def _note_rows(case: Case, first: int = 0) -> list[dict[str, object]]:
    return [
        {"case_id": case.id.value, "text": note.text, "created_at": note.written_at}
        for note in case.notes[first:]
    ]
