"""A history is ordered by time."""


def add_audit_indexes(events):
    Index("ix_audit_events_case_id_occurred_at", events.c.case_id, events.c.occurred_at)
