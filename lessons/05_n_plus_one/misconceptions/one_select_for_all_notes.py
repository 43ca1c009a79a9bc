"""Lazy loading is expected to fetch the notes of all cases together."""


def lazy_statements(cases):
    return min(cases, 1) + 1
