"""The event is kept apart from the work, so that it is never lost."""


class SqlAlchemyAuditEventRepository:
    def add(self, event):
        with Session(self._session.get_bind()) as session:
            session.add(_to_record(event))
            session.commit()
