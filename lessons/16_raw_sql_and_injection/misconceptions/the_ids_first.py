"""The SQL finds ids; records come from a query for records."""


class SqlReports:
    def stale(self, since):
        found = text(STALE).bindparams(bindparam("since", type_=UtcDateTime))
        ids = [row.id for row in self._session.execute(found, {"since": since})]
        table = cases_with_notes().column_descriptions[0]["entity"]
        query = cases_with_notes().where(table.id.in_(ids)).order_by(table.id)
        return [to_domain(record) for record in self._session.scalars(query)]
