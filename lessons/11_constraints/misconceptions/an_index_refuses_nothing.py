"""An index is taken for a rule."""

from sqlalchemy import Index


def add_audit_rules(events):
    Index("uq_audit_events_id", events.c.id)
