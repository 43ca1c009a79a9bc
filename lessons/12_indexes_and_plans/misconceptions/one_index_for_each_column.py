"""The database will put the three together."""


def add_case_indexes(cases):
    Index("ix_cases_id", cases.c.id)
    Index("ix_cases_status", cases.c.status)
    Index("ix_cases_deleted_at", cases.c.deleted_at)
