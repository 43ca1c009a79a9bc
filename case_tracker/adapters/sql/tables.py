"""Every table of the application, with its rules. The import for whoever needs the whole schema."""

from sqlalchemy import Table

from case_tracker.adapters.sql.audit import AuditEventRecord
from case_tracker.adapters.sql.models import Base, CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.rules import add_audit_rules, add_case_rules, add_note_rules

METADATA = Base.metadata
CASES: Table = METADATA.tables[CaseRecord.__tablename__]
NOTES: Table = METADATA.tables[CaseNoteRecord.__tablename__]
AUDIT_EVENTS: Table = METADATA.tables[AuditEventRecord.__tablename__]

add_case_rules(CASES)
add_note_rules(NOTES)
add_audit_rules(AUDIT_EVENTS)
