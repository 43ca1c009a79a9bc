"""What can be observed of lesson 12 from outside: how SQLite finds rows with the indexes made."""

import random

from sqlalchemy import MetaData, insert, text

from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from workbook.lens.plans import plan
from workbook.lens.recorder import Recorder
from workbook.probe import outcome, scratch, some_cases

QUERIES = ("title = 'Late report'", "lower(title) = 'late report'", "title LIKE '%report'")


def queries_that_search(_exercise):
    """Answer the prediction: which of three queries search an index on the title."""
    with scratch() as database, database.engine.begin() as connection:
        connection.execute(text("CREATE INDEX by_title ON cases (title)"))
        found = [
            bool(asked(connection, f"SELECT id FROM cases WHERE {query}", "SEARCH"))
            for query in QUERIES
        ]
    names = {(True, True, True): "all three", (True, False, True): "the first and the last"}
    return names.get(tuple(found), "the first only" if found[0] else "none")


def asked(connection, query, sign):
    """Return the lines of a plan with this sign."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
    return [row[3] for row in rows if sign in row[3]]


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    return outcome(TASKS[task], exercise, seed)


def cases(exercise, seed):
    """The page and the total of a status search; deleted cases are not in the index."""
    with database_with(exercise, seed, cases="add_case_indexes") as (database, tables):
        found = [read(database, each, "cases", first=1) for each in status_reads(seed)]
        with database.engine.connect() as connection:
            hidden = "SELECT id FROM cases WHERE status = 'DRAFT'"
            everything = asked(connection, hidden, "SEARCH")
        return [found, bool(everything), bool(tables["cases"].indexes)]


def status_reads(seed):
    """Return reads of one status: the first page, a later one, the total."""
    status = random.Random(seed).choice(list(CaseStatus))
    return [
        lambda session: pages(session).page(status, limit=5),
        lambda session: pages(session).page(status, limit=5, offset=2),
        lambda session: pages(session).total(status),
    ]


def notes(exercise, seed):
    """One case and a page of cases find their notes, complete and in order."""
    from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository

    with database_with(exercise, seed, case_notes="add_note_indexes") as (database, _):
        one = some_cases(seed, size(seed))[0].id
        return [
            read(database, lambda session: SqlAlchemyCaseRepository(session).get(one), NOTES),
            read(database, lambda session: pages(session).page(limit=5), NOTES, may_sort=True),
        ]


def history(exercise, seed):
    """The history of one case is found in its order."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository

    with database_with(exercise, seed, audit_events="add_audit_indexes") as (database, _):
        one = CaseId(some_cases(seed, size(seed))[0].id.value)
        return read(
            database,
            lambda session: len(SqlAlchemyAuditEventRepository(session).list(one)),
            "audit_events",
        )


def everything(exercise, seed):
    """No index of the three is left unused."""
    functions = {"cases": "add_case_indexes", "case_notes": "add_note_indexes"}
    functions |= {"audit_events": "add_audit_indexes"}
    with database_with(exercise, seed, **functions) as (database, tables):
        lines = "\n".join(line for each in reads(seed) for line in plans(database, each))
        names = [str(index.name) for table in tables.values() for index in table.indexes]
    return sum(name not in lines for name in names)


NOTES = "case_notes"


def size(seed):
    """Return how many cases are stored."""
    return 400 + seed % 200


def pages(session):
    """Return the pages of the application."""
    from case_tracker.adapters.sql.read_models import SqlCasePages

    return SqlCasePages(session)


def reads(seed):
    """Return every read that an index is made for."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
    from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository

    one = some_cases(seed, size(seed))[0].id
    return [
        *status_reads(seed),
        lambda session: SqlAlchemyCaseRepository(session).get(one),
        lambda session: SqlAlchemyAuditEventRepository(session).list(one),
    ]


class database_with:  # noqa: N801 - used like a function, as `scratch` is
    """A database whose tables have the indexes of these functions, and no other ones."""

    def __init__(self, exercise, seed, **functions):
        self._exercise, self._seed, self._functions = exercise, seed, functions
        self._scratch = scratch()

    def __enter__(self):
        database = self._scratch.__enter__()
        return database, fill(database, self._exercise, self._seed, self._functions)

    def __exit__(self, *exc_info):
        return self._scratch.__exit__(*exc_info)


def fill(database, exercise, seed, functions):
    """Make the tables with their indexes, and store many rows."""
    from case_tracker.adapters.sql.audit import AuditEventRecord

    metadata = MetaData()
    AuditEventRecord.metadata.drop_all(database.engine)
    for table in AuditEventRecord.metadata.sorted_tables:
        table.to_metadata(metadata).indexes.clear()
    for table, function in functions.items():
        getattr(exercise, function)(metadata.tables[table])
    metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        for table, rows in rows_of(seed).items():
            connection.execute(insert(metadata.tables[table]), rows)
        connection.execute(text("ANALYZE"))
    return dict(metadata.tables)


def rows_of(seed):
    """Return the rows of all tables: for each case two notes and two events."""
    from case_tracker.domain.clock import utc_now

    now, stored = utc_now(), some_cases(seed, size(seed))
    stamps = {"created_at": now, "updated_at": now, "version": 1}
    twice = stored + stored
    return {
        "cases": [
            stamps
            | {"id": case.id.value, "title": case.title, "status": case.status.value}
            | {"deleted_at": None if number % 4 else now}
            for number, case in enumerate(stored)
        ],
        NOTES: [{"case_id": case.id.value, "text": "a", "created_at": now} for case in twice],
        "audit_events": [
            {"id": str(n), "case_id": case.id.value, "actor": "ann", "event_type": "seen"}
            | {"occurred_at": now, "details_json": "{}"}
            for n, case in enumerate(twice)
        ],
    }


def plans(database, call):
    """Return the lines of the plans of what a read sends."""
    with database.session_factory() as session, Recorder() as sent:
        call(session)
    return [line for one in sent.statements for line in plan(one, database.engine)]


def read(database, call, table, *, first=None, may_sort=False):
    """Say whether a read finds its rows of one table, and whether it has to sort them."""
    with database.session_factory() as session, Recorder() as sent:
        answer = call(session)
    lines = [
        line
        for one in sent.statements[:first]
        if table in one.tables
        for line in plan(one, database.engine)
    ]
    every = any("SCAN" in line or "AUTOMATIC" in line for line in lines if table in line)
    return [
        repr(answer) if isinstance(answer, int) else len(lines) > 0,
        every,
        not may_sort and any("TEMP B-TREE" in line for line in lines),
    ]


TASKS = {1: cases, 2: notes, 3: history, 4: everything}
