"""Only a change of the row itself counts."""


def advance(record, case):
    if record.version != case.version:
        raise ConcurrentUpdateError(case.id)
    if (record.title, record.status) != (case.title, case.status.value):
        case.version += 1
        record.version = case.version
