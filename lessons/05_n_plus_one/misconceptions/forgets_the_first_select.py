"""Only the SELECTs for notes are counted."""


def lazy_statements(cases):
    return cases
