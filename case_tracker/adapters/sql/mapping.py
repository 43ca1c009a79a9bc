"""From record to domain object and back. Neither side knows the other."""

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.versioning import advance
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus


def to_domain(record: CaseRecord) -> Case:
    """Return the case of this record. Reads `record.notes`: one SELECT if they are not loaded."""
    return Case(
        id=CaseId(record.id),
        title=record.title,
        status=CaseStatus(record.status),
        notes=[Note(note.text, note.created_at) for note in record.notes],
        reference=record.reference,
        version=record.version,
    )


def to_record(case: Case) -> CaseRecord:
    """Return a new record, in no Session yet, with a record for each note."""
    return CaseRecord(
        id=case.id.value,
        title=case.title,
        status=case.status.value,
        notes=[note_to_record(note) for note in case.notes],
        reference=case.reference,
        version=case.version,
    )


def note_to_record(note: Note) -> CaseNoteRecord:
    """Return a new record of a note, in no Session yet."""
    return CaseNoteRecord(text=note.text, created_at=note.written_at)


def update_record(record: CaseRecord, case: Case) -> None:
    """Carry the changes of a case over to its record. Stored notes stay as they are.

    Raises:
        ConcurrentUpdateError: the stored case changed since `case` was read.
    """
    advance(record, case)
    record.title = case.title
    record.status = case.status.value
    # Notes are only ever appended, so what is new stands behind what is stored.
    record.notes.extend(note_to_record(note) for note in case.notes[len(record.notes) :])
