"""One line hides deleted rows from every query of the program."""

from sqlalchemy import event, true
from sqlalchemy.orm import Session, with_loader_criteria


@event.listens_for(Session, "do_orm_execute")
def hide(state):
    state.statement = state.statement.options(
        with_loader_criteria(SoftDeleted, lambda cls: cls.deleted_at.is_(None))
    )


def alive(rows):
    return true()
