"""The condition is right, and nothing is refused."""


def unique_among_living(column):
    living = alive(column.table)
    Index(f"ix_{column.name}", column, sqlite_where=living, postgresql_where=living)
