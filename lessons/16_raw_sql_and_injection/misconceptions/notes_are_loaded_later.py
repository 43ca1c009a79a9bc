"""The SQL is there; it only has to become records."""

from sqlalchemy import select
from case_tracker.adapters.sql.models import CaseRecord


class SqlReports:
    def stale(self, since):
        statement = text(STALE).bindparams(bindparam("since", type_=UtcDateTime))
        query = select(CaseRecord).from_statement(statement)
        return [to_domain(record) for record in self._session.scalars(query, {"since": since})]
