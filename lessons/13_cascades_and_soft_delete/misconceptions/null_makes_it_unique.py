"""Reference and deletion together are unique."""


def unique_among_living(column):
    name = f"uq_{column.table.name}_{column.name}_alive"
    Index(name, column, column.table.c.deleted_at, unique=True)
