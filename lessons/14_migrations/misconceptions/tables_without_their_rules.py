"""Every class is known, and none of its rules."""


def target():
    from case_tracker.adapters.sql import audit, models  # noqa: F401

    return Conventions.metadata
