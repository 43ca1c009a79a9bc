"""Nothing is read until somebody asks."""


def to_case(record):
    notes = (Note(note.text, note.created_at) for note in record.notes)
    return Case(CaseId(record.id), record.title, CaseStatus(record.status), notes)
