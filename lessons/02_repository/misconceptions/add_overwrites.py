"""merge() finds the case that has this id, and changes it."""


class SqlAlchemyCaseRepository:
    def add(self, case):
        self._session.merge(to_record(case))
