"""Reports, written in SQL: only here it is text. What a client sends never becomes SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TextualSelect

from case_tracker.adapters.sql.conventions import UtcDateTime
from case_tracker.adapters.sql.mapping import to_domain
from case_tracker.adapters.sql.queries import cases_with_notes
from case_tracker.domain.case import Case
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.reports import ReportLine

# TODO 16.1: send the words and the limit beside the SQL, and not in it
FIND = """
    SELECT cases.id, cases.title, cases.status,
        count(case_notes.id) AS notes, max(case_notes.created_at) AS last_note
    FROM cases LEFT JOIN case_notes ON case_notes.case_id = cases.id
    WHERE cases.deleted_at IS NULL
        AND lower(cases.title) LIKE lower('%{words}%')
    GROUP BY cases.id
"""
STALE = """
    SELECT cases.* FROM cases
    WHERE cases.deleted_at IS NULL AND cases.status <> 'CLOSED' AND NOT EXISTS (
        SELECT 1 FROM case_notes
        WHERE case_notes.case_id = cases.id AND case_notes.created_at >= :since
    )
    ORDER BY cases.id
"""
ORDERS = {
    "id": "ORDER BY cases.id",
    "title": "ORDER BY cases.title, cases.id",
    "notes": "ORDER BY notes DESC, cases.id",
    "last_note": "ORDER BY last_note DESC NULLS LAST, cases.id",
}


class SqlReports:
    """Reports on the living cases that one Session sees."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, words: str, *, sort: str = "id", limit: int = 20) -> Sequence[ReportLine]:
        """Return at most `limit` cases whose title contains `words`, whatever stands in them.

        Capital and small ASCII letters are the same. Emits 1 SELECT.

        Raises:
            InvalidValueError: no report is ordered like this; nothing was sent.
        """
        # TODO 16.1: send the words and the limit beside the SQL, and not in it
        find = FIND.format(words=words)
        query = typed(text(" ".join((find, order_by(sort), f"LIMIT {limit}"))))
        rows = self._session.execute(query)
        return [ReportLine(r.id, r.title, CaseStatus(r.status), r.notes, r.last_note) for r in rows]

    def stale(self, since: datetime) -> Sequence[Case]:
        """Return the cases that are not closed and have no note from `since` on, ordered by id.

        `since` is aware, in any time zone. Emits at most 2 SELECTs.
        """
        # TODO 16.4: make the cases of the rows that the SQL finds, for an instant in any time
        #   zone
        stale = {row.id for row in self._session.execute(text(STALE), {"since": since})}
        records = self._session.scalars(cases_with_notes())
        return [to_domain(record) for record in records if record.id in stale]


def order_by(sort: str) -> str:
    """Return the ORDER BY for the name that a client sent, out of `ORDERS`.

    Raises:
        InvalidValueError: the name is not one of them.
    """
    # TODO 16.2: let the client choose from ORDERS, and refuse any other name
    return ORDERS.get(sort, f"ORDER BY {sort}")


def typed(query: TextClause) -> TextualSelect:
    """Return the query of a report with types: `last_note` comes as an aware datetime, in UTC."""
    # TODO 16.3: say which type last_note has
    return query.columns()


def containing(words: str) -> str:
    """Return the pattern for LIKE … ESCAPE '/' that finds texts with these words, as they are."""
    for special in "/%_":
        words = words.replace(special, "/" + special)
    return f"%{words}%"
