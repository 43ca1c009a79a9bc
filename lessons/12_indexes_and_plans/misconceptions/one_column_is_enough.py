"""The WHERE is indexed; the ORDER BY is forgotten."""


def add_case_indexes(cases):
    living = alive(cases)
    Index("ix_cases_status", cases.c.status, sqlite_where=living, postgresql_where=living)
