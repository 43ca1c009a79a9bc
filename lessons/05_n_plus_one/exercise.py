"""The SELECTs of the repository, built of small parts. Never runs one: a Session does that."""

from sqlalchemy import Select, select
from sqlalchemy.orm import raiseload, selectinload

from case_tracker.adapters.sql.models import CaseRecord


def lazy_statements(cases: int) -> int:
    """Return how many statements a list of `cases` cases takes while nothing loads the notes early.

    `to_domain()` reads the notes of each case. This number is why the rest of this module exists.
    """
    # TODO 5.1: write the rule: how many statements a lazy list of any number of cases sends
    return 1


def with_notes(query: Select[CaseRecord]) -> Select[CaseRecord]:
    """Return the query, with the notes of all its cases loaded by a second SELECT.

    2 SELECTs for up to 500 cases. Each further 500 may take one more, never one for each case.
    """
    # TODO 5.2: load the notes of all cases with a second SELECT
    return query


def sealed(query: Select[CaseRecord]) -> Select[CaseRecord]:
    """Return the query, with every relationship locked that it does not load itself.

    Touching one raises InvalidRequestError instead of sending SQL.
    """
    # TODO 5.3: let every relationship that is not loaded raise when it is touched
    return query


def cases_with_notes() -> Select[CaseRecord]:
    """Select cases and their notes, and nothing that could load later."""
    return sealed(with_notes(select(CaseRecord)))
