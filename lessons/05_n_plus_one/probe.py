"""What can be observed of lesson 05 from outside: listed cases, refusals, numbers in budget."""

from sqlalchemy import select
from sqlalchemy.orm import relationship, selectinload

from workbook.lens.recorder import Recorder
from workbook.probe import outcome, plain, scratch, some_cases

BUDGET = 2
LONG_LIST = 100


def statements_of_a_long_list(exercise):
    """Answer the prediction: how many statements a list of 100 cases sends, loaded lazily."""
    with scratch() as database:
        store(database, some_cases(1, LONG_LIST))
        with database.session_factory() as session, Recorder() as sent:
            listed(session, select(record()))
        return str(sent.count())


def card(exercise):
    """Count the statements of a list of ten cases."""
    with scratch() as database:
        store(database, some_cases(1, count=10))
        with database.session_factory() as session, Recorder() as sent:
            listed(session, exercise.with_notes(select(record())))
        return sent.count()


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    with scratch() as database:
        store(database, some_cases(seed, count=20 + seed % 60))
        return TASKS[task](exercise, database, seed)


def store(database, cases):
    """Store cases in one transaction."""
    from case_tracker.adapters.sql.mapping import to_record

    with database.session_factory.begin() as session:
        session.add_all(to_record(case) for case in cases)


def record():
    """Return the mapped class of cases, with a second relationship that nobody loads."""
    from case_tracker.adapters.sql.audit import AuditEventRecord
    from case_tracker.adapters.sql.models import CaseRecord

    if not hasattr(CaseRecord, "history"):
        CaseRecord.history = relationship(AuditEventRecord, viewonly=True)
    return CaseRecord


def listed(session, query):
    """Return all cases of a query as the repository reads them."""
    from case_tracker.adapters.sql.mapping import to_domain

    ordered = query.order_by(record().id)
    return [plain(to_domain(found)) for found in session.scalars(ordered)]


def counted(database, build):
    """Return the cases of a query and whether they came within the budget."""
    with database.session_factory() as session, Recorder() as sent:
        cases = outcome(lambda: listed(session, build()))
    return [cases, sent.count() <= BUDGET]


def prediction(exercise, _database, seed):
    """The predicted numbers for several sizes."""
    return [outcome(exercise.lazy_statements, size) for size in (0, 1, 2, 10, 7 + seed % 900)]


def with_notes(exercise, database, seed):
    """Every page is complete and in budget, whatever its size and its filter."""
    query = select(record())
    shapes = [query, query.where(record().title.contains("a")), query.limit(1 + seed % 9)]
    shapes += [query.limit(4).offset(1 + seed % 3), query.limit(0)]
    return [counted(database, lambda q=shape: exercise.with_notes(q)) for shape in shapes]


def sealed(exercise, database, _seed):
    """What is not loaded raises and sends nothing; what is loaded stays readable."""
    query = select(record())
    readable = query.options(selectinload(record().notes))
    touched = [
        outcome(touch, database, lambda: exercise.sealed(query), name)
        for name in ("notes", "history")
    ]
    return [touched, counted(database, lambda: exercise.sealed(readable.limit(3)))]


def touch(database, build, name):
    """Touch a relationship of the first case of a query."""
    with database.session_factory() as session:
        query = build().order_by(record().id).limit(1)
        return len(getattr(session.scalars(query).one(), name))


def repository(exercise, database, _seed):
    """The application lists within the budget, with a query that is sealed."""
    from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository

    with database.session_factory() as session, Recorder() as sent:
        cases = outcome(SqlAlchemyCaseRepository(session).list)
    found = [plain(case) for case in cases] if isinstance(cases, list) else cases
    touched = outcome(touch, database, exercise.cases_with_notes, "history")
    return [found, sent.count() <= BUDGET, touched]


TASKS = {1: prediction, 2: with_notes, 3: sealed, 4: repository}
