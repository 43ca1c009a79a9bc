"""Empty is an empty text."""


def alive(rows):
    deleted_at = rows.c.deleted_at if isinstance(rows, FromClause) else rows.deleted_at
    return deleted_at == ""
