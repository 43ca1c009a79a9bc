"""A text stands in quotes, so the place for it does, too."""

FIND = """
    SELECT cases.id, cases.title, cases.status,
        count(case_notes.id) AS notes, max(case_notes.created_at) AS last_note
    FROM cases LEFT JOIN case_notes ON case_notes.case_id = cases.id
    WHERE cases.deleted_at IS NULL
        AND lower(cases.title) LIKE lower('%:words%')
    GROUP BY cases.id
"""


class SqlReports:
    def find(self, words, *, sort="id", limit=20):
        query = typed(text(" ".join((FIND, order_by(sort), "LIMIT :limit"))))
        rows = self._session.execute(query, {"words": words, "limit": limit})
        return [
            ReportLine(r.id, r.title, CaseStatus(r.status), r.notes, r.last_note) for r in rows
        ]
