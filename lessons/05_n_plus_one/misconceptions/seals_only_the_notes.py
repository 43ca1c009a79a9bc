"""The lock is put on the one relationship that is known today."""


def sealed(query):
    return query.options(raiseload(CaseRecord.notes))
