"""A parameter is a parameter."""


class SqlReports:
    def stale(self, since):
        query = cases_with_notes().from_statement(text(STALE))
        return [to_domain(record) for record in self._session.scalars(query, {"since": since})]
