"""One line hides deleted rows from every query of the program."""

from sqlalchemy import event, true
from sqlalchemy.orm import Session, with_loader_criteria


@event.listens_for(Session, "do_orm_execute")
def hide(state):
    from case_tracker.adapters.sql.models import CaseRecord

    state.statement = state.statement.options(
        with_loader_criteria(CaseRecord, CaseRecord.deleted_at.is_(None))
    )


def alive(rows):
    return true()
