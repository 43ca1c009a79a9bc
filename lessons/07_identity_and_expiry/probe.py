"""What can be observed of lesson 07 from outside: predictions, cases, and what a lock returns."""

import random
from contextlib import contextmanager

from sqlalchemy import event
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
        return session.get_one(CaseRecord, record.id, with_for_update=True).title


def rename(database, case_id, title):
    """Change the title of a case in another Session, and commit."""
    from case_tracker.adapters.sql.models import CaseRecord

    with database.session_factory.begin() as another:
        another.get_one(CaseRecord, case_id.value).title = title


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
    """A locked case is as it is now, whatever the Session had loaded; an unknown one is refused."""
    from case_tracker.adapters.sql.models import CaseRecord

    with office(cases) as database, database.session_factory() as session:
        known = dice.sample(cases, len(cases) // 2)
        kept = [session.get_one(CaseRecord, case.id.value) for case in known]  # else they may go
        assert all(record.notes is not None for record in kept)
        session.commit()
        for case in cases:
            rename(database, case.id, " ".join(dice.sample(WORDS, 2)))
        locking = []
        event.listen(session, "do_orm_execute", lambda state: locking.append(locks(state)))
        seen = []
        for case in cases:
            locking.clear()
            found = outcome(exercise.get_for_update, session, case.id)
            seen.append([outcome(shown, found), any(locking)])
        return [seen, outcome(exercise.get_for_update, session, CaseId("UNKNOWN"))]


def locks(state):
    """Say whether PostgreSQL would lock the rows of this SELECT."""
    text = str(state.statement.compile(dialect=postgresql.dialect()))
    return "FOR UPDATE" in text or "FOR NO KEY UPDATE" in text


TASKS = {4: mapped, 5: locked}
