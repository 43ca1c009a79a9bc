"""Loader options are objects: they are made once and used by every query that needs them."""

from typing import TypeAlias

from sqlalchemy import Select, select
from sqlalchemy.orm import Load, raiseload, selectinload

from case_tracker.adapters.sql.models import CaseRecord

CaseQuery: TypeAlias = Select[CaseRecord]

NOTES = Load(CaseRecord).options(selectinload(CaseRecord.notes))
NOTHING_ELSE = raiseload("*")


def lazy_statements(cases: int) -> int:
    return len(["the cases", *range(cases)])


def with_notes(query: CaseQuery) -> CaseQuery:
    return query.options(NOTES)


def sealed(query: CaseQuery) -> CaseQuery:
    return query.options(NOTHING_ELSE)


def cases_with_notes() -> CaseQuery:
    return select(CaseRecord).options(NOTES, NOTHING_ELSE)
