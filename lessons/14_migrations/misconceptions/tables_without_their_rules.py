"""Every class is known, and none of its rules."""

TABLES_IN = ("case_tracker.adapters.sql.models", "case_tracker.adapters.sql.audit")
