"""The module with the models is imported. Not all models are in it."""


def target():
    from case_tracker.adapters.sql.models import Base

    return Base.metadata
