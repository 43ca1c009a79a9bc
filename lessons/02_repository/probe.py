"""What can be observed of lesson 02 from outside: stored rows, returned cases, names of errors."""

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus
from workbook.probe import outcome, plain, scratch, some_cases


def rows_after_add(exercise):
    """Answer the prediction: what a second connection sees after add() and before commit()."""
    with scratch() as database, database.session_factory() as session:
        exercise.SqlAlchemyCaseRepository(session).add(Case(CaseId("CASE-001"), "Late report"))
        return str(len(database.other_connection("SELECT id FROM cases")))


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    cases = some_cases(seed, count=5 + seed % 120)
    with scratch() as database:
        with database.session_factory.begin() as session:
            store(session, cases)
        with database.session_factory() as session:
            repository = exercise.SqlAlchemyCaseRepository(session)
            return TASKS[task](repository, session, database, cases)


def store(session, cases):
    """Store cases past the repository, one by one: their order is the order of the rows."""
    from case_tracker.adapters.sql.mapping import to_record

    for case in cases:
        session.add(to_record(case))
        session.flush()


def add(repository, session, database, _cases):
    """A new case is invisible before the commit and complete after it."""
    outcome(repository.add, Case(CaseId("NEW"), "new", notes=[Note("a"), Note("b")]))
    before = database.other_connection("SELECT count(*) FROM cases WHERE id = 'NEW'")
    session.commit()
    after = database.other_connection("SELECT text FROM case_notes WHERE case_id = 'NEW'")
    return [before, sorted(after)]


def get(repository, _session, _database, cases):
    """Every stored case comes back whole; an unknown id is refused."""
    found = [plain(outcome(repository.get, case.id)) for case in cases]
    return [found, plain(outcome(repository.get, CaseId("UNKNOWN")))]


def list_(repository, _session, _database, _cases):
    """Pages of several sizes, of all cases and of each status, in order."""
    return [
        [[plain(case) for case in repository.list(status, limit=limit, offset=offset)]]
        for status in (None, *CaseStatus)
        for limit, offset in ((3, 0), (3, 3), (50, 1), (10, 1000))
    ]


def save(repository, session, database, cases):
    """Title, status and new notes are stored; the old notes keep their ids."""
    old = database.other_connection("SELECT id, text FROM case_notes ORDER BY id")
    for case in cases[:3]:
        notes = [*case.notes, Note("one more")]
        outcome(repository.save, Case(case.id, f"new {case.title}", CaseStatus.CLOSED, notes))
    unknown = outcome(repository.save, Case(CaseId("UNKNOWN"), "never stored"))
    session.commit()
    rows = database.other_connection("SELECT id, title, status FROM cases ORDER BY id")
    notes = database.other_connection("SELECT id, text FROM case_notes ORDER BY id")
    added = sorted(database.other_connection("SELECT case_id, text FROM case_notes"))
    return [notes[: len(old)] == old, rows, added, unknown]


def count(repository, _session, _database, _cases):
    """The number of all cases and of each status."""
    return [outcome(repository.count, status) for status in (None, *CaseStatus)]


TASKS = {1: add, 2: get, 3: list_, 4: save, 5: count, 6: count}
