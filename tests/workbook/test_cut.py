"""Cutting symbols out of source text."""

from workbook.source import apply, cut

MODULE = '''\
class CaseRecord:
    """One row."""

    id = 1
    title = 2

    notes = 3
'''


def test_a_class_keeps_the_member_that_is_a_hole_of_its_own():
    """Two tasks can share one class: the columns, and later the relationship."""
    holes = ["CaseRecord", "CaseRecord.notes"]
    edits = [
        cut(MODULE, "CaseRecord", "the columns", "id = 0", "1.1", holes=holes),
        cut(MODULE, "CaseRecord.notes", "the notes", "notes = 0", "1.5", holes=holes),
    ]

    assert apply(MODULE, edits) == (
        'class CaseRecord:\n    """One row."""\n\n'
        "    # TODO 1.1: the columns\n    id = 0\n\n"
        "    # TODO 1.5: the notes\n    notes = 0\n"
    )


def test_a_class_without_such_a_member_loses_its_whole_body():
    """What a task asks for must not stand below its hole."""
    edit = cut(MODULE, "CaseRecord", "the columns", "id = 0", "1.1", holes=["CaseRecord"])

    assert "notes" not in apply(MODULE, [edit])
