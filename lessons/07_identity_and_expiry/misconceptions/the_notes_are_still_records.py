"""The outside is translated, the inside is not."""


def to_case(record):
    return Case(CaseId(record.id), record.title, CaseStatus(record.status), list(record.notes))
