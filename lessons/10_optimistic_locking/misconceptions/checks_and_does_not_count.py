"""The condition is there, and the next version is not."""


def versioned_update(table, *columns):
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"), table.c.version == bindparam("version_read"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
