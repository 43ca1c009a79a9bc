"""Two more cannot do harm."""


def add_note_indexes(notes):
    Index("ix_case_notes_case_id_id", notes.c.case_id, notes.c.id)
    Index("ix_case_notes_text", notes.c.text)
    Index("ix_case_notes_created_at", notes.c.created_at)
