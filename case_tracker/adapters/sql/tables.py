"""Every table of the application, with its rules and indexes. The whole schema in one import."""

from sqlalchemy import Table

from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.indexes import (
    add_audit_indexes,
    add_case_indexes,
    add_note_indexes,
)
from case_tracker.adapters.sql.models import Base, CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.rules import add_audit_rules, add_case_rules, add_note_rules
from case_tracker.adapters.sql.soft_delete import unique_among_living

METADATA = Base.metadata
CASES: Table = METADATA.tables[CaseRecord.__tablename__]
NOTES: Table = METADATA.tables[CaseNoteRecord.__tablename__]
AUDIT_EVENTS: Table = METADATA.tables[AuditEventRecord.__tablename__]

add_case_rules(CASES)
add_note_rules(NOTES)
add_audit_rules(AUDIT_EVENTS)
unique_among_living(CASES.c.reference)
add_case_indexes(CASES)
add_note_indexes(NOTES)
add_audit_indexes(AUDIT_EVENTS)
