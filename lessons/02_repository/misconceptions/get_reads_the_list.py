"""All cases are read to find one."""


class SqlAlchemyCaseRepository:
    def get(self, case_id):
        for record in self._session.scalars(cases_with_notes()):
            if record.id == case_id.value:
                return to_domain(record)
        raise CaseNotFoundError(case_id)
