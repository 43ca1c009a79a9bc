"""The module with the models is imported. Not all models are in it."""

TABLES_IN = ("case_tracker.adapters.sql.models",)
