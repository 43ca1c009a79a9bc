"""What can be observed of lesson 07 from outside: predictions, cases, and what a lock returns."""

import random
from contextlib import contextmanager

from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql

from case_tracker.domain.case import CaseId
from workbook.probe import WORDS, outcome, plain, scratch, some_cases

PREDICTIONS = {1: "SAME_OBJECT", 2: "TITLE_SHOWN", 3: "SENT"}


@contextmanager
def office(cases):
    """Give the block a database with these cases."""
    from case_tracker.adapters.sql.mapping import to_record

    with scratch() as database:
        with database.session_factory.begin() as session:
            session.add_all(to_record(case) for case in cases)
        yield database


def title_after_a_lock(_exercise):
    """Answer the prediction: load, let somebody else rename, lock the row, look at the object."""
    from case_tracker.adapters.sql.models import CaseRecord

    (case,) = some_cases(1, 1)
    case.title = "old"
    with office([case]) as database, database.session_factory() as session:
        record = session.get_one(CaseRecord, case.id.value)
        session.commit()
        rename(database, case.id, "new")
        query = select(CaseRecord).where(CaseRecord.id == record.id).with_for_update()
        return session.scalars(query).one().title


def rename(database, case_id, title):
    """Change the title of a case as the application does: the version counts, too."""
    from case_tracker.adapters.sql.models import CaseRecord

    with database.session_factory.begin() as another:
        record = another.get_one(CaseRecord, case_id.value)
        record.title, record.version = title, record.version + 1


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    if task in PREDICTIONS:
        return predicted(getattr(exercise, PREDICTIONS[task]))
    return TASKS[task](exercise, some_cases(seed, 3 + seed % 8), random.Random(seed))


def predicted(table):
    """Return the predictions; an empty one is no answer."""
    return [[key, "empty" if value is ... else value] for key, value in sorted(table.items())]


def mapped(exercise, cases, _dice):
    """Cases are whole when their Session is closed, and changing them changes no row."""
    from case_tracker.adapters.sql.models import CaseRecord

    with office(cases) as database:
        with database.session_factory() as session:
            found = [
                outcome(exercise.to_case, session.get_one(CaseRecord, case.id.value))
                for case in cases
            ]
        seen = [outcome(shown, case) for case in found]
        with database.session_factory() as session:
            case = outcome(exercise.to_case, session.get_one(CaseRecord, cases[0].id.value))
            outcome(spoil, case)
            session.commit()
        rows = "SELECT id, title FROM cases ORDER BY id", "SELECT count(*) FROM case_notes"
        return [seen, *(database.other_connection(query) for query in rows)]


def shown(case):
    """Return a case as plain data, with the kinds of its parts."""
    kinds = sorted({type(note).__name__ for note in case.notes})
    return [type(case).__name__, type(case.status).__name__, kinds, plain(case)]


def spoil(case):
    """Change a case that nobody saves."""
    case.title = "only an idea"
    case.notes.clear()


def locked(exercise, cases, dice):
    """A locked case is as it is now, and keeps what was not sent; an unknown one is refused."""
    from case_tracker.adapters.sql.models import CaseRecord

    with office(cases) as database, database.session_factory() as session:
        known = dice.sample(cases, len(cases) // 2)
        kept = [session.get_one(CaseRecord, case.id.value) for case in known]  # else they may go
        assert all(record.notes is not None for record in kept)
        session.commit()
        for case in cases:
            rename(database, case.id, " ".join(dice.sample(WORDS, 2)))
        locking, ended = [], []
        event.listen(
            database.engine, "before_execute", lambda _, sql, *__: locking.append(locks(sql))
        )
        event.listen(database.engine, "commit", ended.append)
        seen = []
        for case in cases:
            locking.clear()
            found = outcome(exercise.get_for_update, session, case.id)
            seen.append([outcome(shown, found), any(locking), len(ended)])
        unknown = outcome(exercise.get_for_update, session, CaseId("UNKNOWN"))
        session.rollback()
        return [seen, unknown, *late_changes(exercise, database, session, dice.sample(cases, 2))]


def late_changes(exercise, database, session, cases):
    """A title that was set and not sent; then one that is stored while the lock waits."""
    from case_tracker.adapters.sql.models import CaseRecord

    mine, other = cases
    record = session.get_one(CaseRecord, mine.id.value)
    record.title = "mine"
    seen = [outcome(shown, outcome(exercise.get_for_update, session, mine.id))]
    session.rollback()
    saved = []

    def save(connection, statement, *_):
        if locks(statement) and not saved:
            saved.append("UPDATE cases SET title = 'newest', version = version + 1")
            connection.exec_driver_sql(saved[0])

    event.listen(database.engine, "before_execute", save)
    seen.append(outcome(shown, outcome(exercise.get_for_update, session, other.id)))
    session.rollback()
    return seen


def locks(statement):
    """Say whether PostgreSQL would lock the rows of this SELECT."""
    text = str(statement.compile(dialect=postgresql.dialect()))
    return "FOR UPDATE" in text or "FOR NO KEY UPDATE" in text


TASKS = {4: mapped, 5: locked}
