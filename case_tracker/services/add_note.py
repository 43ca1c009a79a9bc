"""Write a note on a case. Never changes a note that stands."""

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.versioned import expect_version
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.retry import retried


@retried
def add_note(
    units: UnitsOfWork,
    case_id: CaseId,
    text: str,
    actor: Actor,
    *,
    expected_version: int | None = None,
) -> Case:
    """Return the case with the new note at the end. The audit event of the note names its id.

    Raises:
        CaseNotFoundError: no case has this id.
        ConcurrentUpdateError: the case is not at `expected_version`.
        InvalidValueError: the text is empty or too long.
    """
    with units.write() as unit:
        case = unit.cases.get(case_id)
        expect_version(case, expected_version)
        note = Note(text)
        unit.cases.save(case)  # first: whoever comes too late is refused before a note is written
        unit.notes.add(case_id, note, actor)
        case.add_note(note)
        unit.commit()
    return case
