"""The version is compared and left as it is."""


def advance(record, case):
    if record.version != case.version:
        raise ConcurrentUpdateError(case.id)
