"""The attack needs a quote, so there will be no single one."""

FIND = """
    SELECT cases.id, cases.title, cases.status,
        count(case_notes.id) AS notes, max(case_notes.created_at) AS last_note
    FROM cases LEFT JOIN case_notes ON case_notes.case_id = cases.id
    WHERE cases.deleted_at IS NULL
        AND lower(cases.title) LIKE lower('%{words}%') ESCAPE '/'
    GROUP BY cases.id
"""


class SqlReports:
    def find(self, words, *, sort="id", limit=20):
        safe = containing(words.replace("'", "''"))[1:-1]
        find = FIND.replace("{words}", safe)
        query = typed(text(" ".join((find, order_by(sort), f"LIMIT {int(limit)}"))))
        rows = self._session.execute(query)
        return [
            ReportLine(r.id, r.title, CaseStatus(r.status), r.notes, r.last_note) for r in rows
        ]
