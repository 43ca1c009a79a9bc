"""The column's value goes straight through."""


def to_case(record):
    notes = [Note(note.text, note.created_at) for note in record.notes]
    return Case(CaseId(record.id), record.title, record.status, notes)
