"""The key comes first, as everywhere else."""


def add_case_indexes(cases):
    living = alive(cases)
    Index(
        "ix_cases_id_status",
        cases.c.id,
        cases.c.status,
        sqlite_where=living,
        postgresql_where=living,
    )
