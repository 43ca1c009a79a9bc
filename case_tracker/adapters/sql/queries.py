"""The SELECTs of the repository. Never runs one: a Session does that."""

from sqlalchemy import Select, select
from sqlalchemy.orm import raiseload, selectinload

from case_tracker.adapters.sql.models import CaseRecord


def lazy_statements(cases: int) -> int:
    """Return how many statements it takes to read `cases` cases when notes load one case at a time.

    One SELECT for the cases, then one for the notes of each. It is why this module exists.
    """
    return 1 + cases


def cases_with_notes() -> Select[CaseRecord]:
    """Select cases and their notes: 2 SELECTs, however many cases there are.

    Touching anything else that is not loaded raises InvalidRequestError instead of sending SQL.
    """
    return select(CaseRecord).options(selectinload(CaseRecord.notes), raiseload("*"))
