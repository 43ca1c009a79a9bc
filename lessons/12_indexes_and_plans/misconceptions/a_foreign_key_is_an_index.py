"""ForeignKey has made an index, has it not?"""


def add_note_indexes(notes):
    assert notes.foreign_keys
