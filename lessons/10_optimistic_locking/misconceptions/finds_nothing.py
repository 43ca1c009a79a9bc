"""The row must be at the version that is written."""


def versioned_update(table, *columns):
    version = bindparam("version_read", type_=table.c.version.type)
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"), table.c.version == version + 1)
        .values({name: bindparam(f"new_{name}") for name in columns})
        .values(version=version + 1)
    )
