"""The second SELECT repeats the first one as a subquery: 2 statements for any number of cases."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import raiseload, subqueryload

from case_tracker.adapters.sql.models import CaseRecord


def lazy_statements(cases: int) -> int:
    for_the_cases, for_each_case = 1, 1
    return for_the_cases + cases * for_each_case


def with_notes(query: Select[CaseRecord]) -> Select[CaseRecord]:
    return query.options(subqueryload(CaseRecord.notes))


def sealed(query: Select[CaseRecord]) -> Select[CaseRecord]:
    return query.options(raiseload("*", sql_only=True))


def cases_with_notes() -> Select[CaseRecord]:
    return sealed(with_notes(select(CaseRecord)))
