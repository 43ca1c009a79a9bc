"""What has found its row is stored at once."""


def write_version(session, statement, case, **values):
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {"row_id": case.id.value, "version_read": case.version}
    hit = session.execute(statement, parameters).rowcount == 1
    session.commit()
    if hit:
        case.version += 1
    return hit
