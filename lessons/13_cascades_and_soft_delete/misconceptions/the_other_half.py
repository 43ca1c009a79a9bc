"""deleted_at must be there, so it seems."""


def alive(rows):
    deleted_at = rows.c.deleted_at if isinstance(rows, FromClause) else rows.deleted_at
    return deleted_at.is_not(None)
