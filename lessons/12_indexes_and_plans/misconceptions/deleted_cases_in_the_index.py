"""The plan is right, so the index must be."""


def add_case_indexes(cases):
    Index("ix_cases_status_id", cases.c.status, cases.c.id)
