"""The case is counted first, whatever comes of it."""


def write_version(session, statement, case, **values):
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {"row_id": case.id.value, "version_read": case.version}
    case.version += 1
    return session.execute(statement, parameters).rowcount == 1
