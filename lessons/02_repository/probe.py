"""What can be observed of lesson 02 from outside: stored rows, returned cases, names of errors."""

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus
from workbook.lens.recorder import Recorder
from workbook.probe import outcome, plain, scratch, some_cases


def rows_after_add(exercise):
    """Answer the prediction: what a second connection sees after add() and before commit()."""
    with scratch() as database, database.session_factory() as session:
        exercise.SqlAlchemyCaseRepository(session).add(Case(CaseId("CASE-001"), "Late report"))
        return str(len(database.other_connection("SELECT id FROM cases")))


def card(exercise):
    """Count the cases that one page of ten loads, in a table of a hundred."""
    from sqlalchemy import event

    from case_tracker.adapters.sql.models import CaseRecord

    loaded = []
    with scratch() as database:
        with database.session_factory.begin() as session:
            store(session, some_cases(1, count=100))
        event.listen(CaseRecord, "load", lambda record, _: loaded.append(record.id))
        with database.session_factory() as session:
            exercise.SqlAlchemyCaseRepository(session).list(limit=10)
    return len(loaded)


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    cases = some_cases(seed, count=(5 if task < 5 else 101) + seed % 20)
    with scratch() as database:
        with database.session_factory.begin() as session:
            store(session, cases)
        with database.session_factory() as session:
            repository = exercise.SqlAlchemyCaseRepository(session)
            return TASKS[task](repository, session, database, cases)


def store(session, cases):
    """Store cases past the repository; their order is the order of the rows."""
    from case_tracker.adapters.sql.mapping import to_record

    session.add_all(map(to_record, cases))


def add(repository, session, database, cases):
    """A new case is invisible before the commit and complete after it; a taken id is refused."""
    outcome(repository.add, Case(CaseId("NEW"), "new", notes=[Note("a"), Note("b")]))
    before = database.other_connection("SELECT count(*) FROM cases WHERE id = 'NEW'")
    session.commit()
    after = database.other_connection("SELECT text FROM case_notes WHERE case_id = 'NEW'")
    try:
        repository.add(Case(cases[0].id, "overwritten"))
        session.commit()
        refused = False
    except Exception:  # noqa: BLE001 - how it is refused is up to the repository
        session.rollback()
        refused = True
    rows = database.other_connection("SELECT id, title FROM cases ORDER BY id")
    return [before, sorted(after), refused, rows]


def get(repository, session, database, cases):
    """Every stored case comes back whole, in budget; an unknown id is refused, and nothing else."""
    found, frugal = [], []
    for case in cases:
        session.expunge_all()
        with Recorder(database.engine) as sent:
            found.append(plain(outcome(repository.get, case.id)))
        frugal.append(sent.count() <= 2 and rows_read(sent, database) <= max(1, len(case.notes)))
    similar = cases[0].id.value.replace("-", "_")
    missing = [plain(outcome(repository.get, CaseId(unknown))) for unknown in ("UNKNOWN", similar)]
    session.rollback()
    database.other_connection("ALTER TABLE cases RENAME TO elsewhere")
    broken = plain(outcome(repository.get, cases[0].id))
    hidden = not str(broken).startswith("raised ") or broken == "raised CaseNotFoundError"
    return [found, all(frugal), missing, hidden]


def list_(repository, _session, database, _cases):
    """Pages of several sizes, of all cases and of each status, in order; other rows stay unread."""
    pages = []
    for status in (None, *CaseStatus):
        shapes = ((2, 1),) if status else ((3, 0), (3, 3), (50, 1), (10, 1000))
        for limit, offset in shapes:
            with Recorder(database.engine) as sent:
                page = [plain(c) for c in repository.list(status, limit=limit, offset=offset)]
            most = sum(max(1, len(case[3])) for case in page)  # a join repeats a case for each note
            pages.append([page, rows_read(sent, database) <= most])
    return pages


def rows_read(sent, database):
    """Return how many rows the recorded SELECTs on `cases` bring to Python."""
    selects = [s for s in sent.statements if s.kind == "SELECT" and "cases" in s.tables]
    with database.engine.connect() as connection:
        read = [connection.exec_driver_sql(s.text, s.parameters).fetchall() for s in selects]
    return sum(map(len, read))


def save(repository, session, database, cases):
    """The commit stores title, status and new notes; the old notes keep their ids."""
    old = database.other_connection("SELECT id, text FROM case_notes ORDER BY id")
    for case in cases[:3]:
        notes = [*case.notes, *case.notes[:1], Note("one more")]
        outcome(repository.save, Case(case.id, f"new {case.title}", CaseStatus.CLOSED, notes))
    similar = cases[0].id.value.replace("-", "_")
    unknown = [
        outcome(repository.save, Case(CaseId(key), "never stored")) for key in ("UNKNOWN", similar)
    ]
    early = database.other_connection("SELECT count(*) FROM cases WHERE title LIKE 'new %'")
    session.commit()
    rows = database.other_connection("SELECT id, title, status FROM cases ORDER BY id")
    notes = database.other_connection("SELECT id, text FROM case_notes ORDER BY id")
    added = sorted(database.other_connection("SELECT case_id, text FROM case_notes"))
    return [notes[: len(old)] == old, early, rows, added, unknown]


def count(repository, _session, _database, _cases):
    """The number of all cases and of each status."""
    return [outcome(repository.count, status) for status in (None, *CaseStatus)]


def cost_of_count(repository, _session, database, _cases):
    """Each number takes one statement and one row."""
    numbers = []
    for status in (None, *CaseStatus):
        with Recorder(database.engine) as sent:
            number = outcome(repository.count, status)
        numbers.append([number, sent.count() <= 1, rows_read(sent, database) <= 1])
    return numbers


TASKS = {1: add, 2: get, 3: list_, 4: save, 5: count, 6: cost_of_count}
