"""A question first, then the UPDATE."""

from sqlalchemy import select


def write_version(session, statement, case, **values):
    table = statement.table
    stored = session.scalar(select(table.c.version).where(table.c.id == case.id.value))
    if stored != case.version:
        return False
    parameters = {f"new_{name}": value for name, value in values.items()}
    session.execute(statement, parameters | {"row_id": case.id.value, "version_read": stored})
    case.version += 1
    return True
