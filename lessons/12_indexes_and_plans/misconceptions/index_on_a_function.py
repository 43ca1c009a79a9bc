"""The index ignores case, in case somebody asks that way."""

from sqlalchemy import func


def add_case_indexes(cases):
    living = alive(cases)
    Index(
        "ix_cases_status_lower",
        func.lower(cases.c.status),
        cases.c.id,
        sqlite_where=living,
        postgresql_where=living,
    )
