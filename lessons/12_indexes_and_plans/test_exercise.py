"""Lesson 12: indexes. The planner of a real database says which of them it uses."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, MetaData, column, insert, inspect, select, table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex

from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from workbook.lens.plans import plan

MANY = 1200
ONE = CaseId("CASE-1000")
RARE = CaseStatus.SUBMITTED
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
STAMPS = {"created_at": TEN, "updated_at": TEN, "title": "Late report", "version": 1}
READS_ALL = ("SCAN ", "AUTOMATIC", "Seq Scan", "Filter:")  # the last: it looks, and throws away
SORTS = ("TEMP B-TREE", "Sort")
ALIVE = "deleted_at IS NULL"


def case(number):
    """Return the row of one of many cases: most are closed, some are deleted, as in real life."""
    status = CaseStatus.CLOSED if number % 20 else RARE
    deleted = TEN if number % 3 == 0 else None
    return STAMPS | {"id": f"CASE-{number:04}", "status": status.value, "deleted_at": deleted}


def note(number):
    """Return the row of one of many notes; the notes of a case do not stand side by side."""
    return {"case_id": f"CASE-{number % MANY:04}", "text": "called", "created_at": TEN}


def event(number):
    """Return the row of one of many audit events."""
    names = {"id": f"E-{number}", "case_id": f"CASE-{number % MANY:04}", "actor": "ann"}
    return names | {"event_type": "seen", "occurred_at": TEN, "details_json": "{}"}


ROWS = {
    "cases": [case(number) for number in range(MANY)],
    "case_notes": [note(number) for number in range(2 * MANY)],
    "audit_events": [event(number) for number in range(2 * MANY)],
}


@pytest.fixture
def fill(database_url):
    """Makes the tables, stores many rows and lets the planner count them."""

    def fill(engine, metadata):
        make(engine, metadata)
        sqlite = database_url.startswith("sqlite")
        with engine.begin() as connection:
            for name, rows in ROWS.items():
                connection.execute(insert(metadata.tables[name]), rows)
            if sqlite:  # PostgreSQL's VACUUM wants no transaction around it
                connection.execute(text("ANALYZE"))
        if not sqlite:
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.execute(text("VACUUM ANALYZE"))

    return fill


def make(engine, metadata):
    """Create the tables with their indexes; say in plain words what cannot be made."""
    try:
        metadata.create_all(engine)
    except AttributeError as error:
        pytest.fail(
            f"the condition of an index is not one of SQL: {error}\n"
            "sqlite_where and postgresql_where take alive(table), not a text"
        )
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip()
        twice = "\ntwo indexes have one name" if "already exists" in said else ""
        pytest.fail(f"the database refused an index: {said}{twice}")


@pytest.fixture
def indexed(exercise, engine, fill, observed):
    """Builds one table with the indexes of one function; returns the table.

    The tables have no other index than those of their keys: each task stands alone.
    """

    def build(name, table_name):
        from case_tracker.adapters.sql.audit import AuditEventRecord

        metadata = MetaData()
        AuditEventRecord.metadata.drop_all(engine)
        for each in AuditEventRecord.metadata.sorted_tables:
            each.to_metadata(metadata).indexes.clear()
        mine = metadata.tables[table_name]
        add(exercise, name, mine)
        fill(engine, metadata)
        observed["columns"] = sorted(columns_of(index) for index in mine.indexes)
        return mine

    return build


def add(exercise, name, mine):
    """Call the learner's function; say in plain words what it did with the table."""
    try:
        getattr(exercise, name)(mine)
    except (AttributeError, KeyError) as error:
        pytest.fail(f"{name}(): there is no such column: {error}\nA column is table.c.name.")
    except (TypeError, SQLAlchemyError) as error:
        pytest.fail(f"{name}() made no index: {str(error).partition(' (Background')[0]}")


def columns_of(index):
    """Return the columns of an index in its order: `status, id`."""
    return ", ".join(e.name if isinstance(e, Column) else str(e) for e in index.expressions)


def described(index):
    """Return an index in one line, with its condition."""
    where = index.dialect_options["sqlite"]["where"]
    return f"{index.name} on ({columns_of(index)})" + ("" if where is None else f" where {where}")


def verdict(lines, of_table):
    """Say in one word what a plan does with the rows of one table."""
    mine = [line for line in lines if of_table in line or ("status" in line and "Filter" in line)]
    if any(sign in line for line in mine for sign in READS_ALL):
        return "every row"
    return "sorted" if any(sign in line for line in lines for sign in SORTS) else "found"


def on_postgres(engine):
    """Say whether the planner is that of PostgreSQL."""
    return engine.dialect.name == "postgresql"


WORDS = {
    "every row": "{what} looks at every row of {table}",
    "sorted": "{what} finds its rows, and then has to sort them",
}


def assert_found(statements, engine, mine, what, *, may_sort=False):
    """Check that no statement on this table reads all of it; show the plan that does.

    PostgreSQL rather sorts two rows than walks through an index for them: that is no harm.
    """
    for one in statements:
        if mine.name not in one.tables:
            continue
        lines = plan(one, engine)
        found = verdict(lines, mine.name)
        if found == "found" or (found == "sorted" and may_sort):
            continue
        there = "; ".join(described(i) for i in mine.indexes)
        there = there or f"none; each column is a {mine.name}.c.name, not a text"
        pytest.fail(
            "\n".join(
                [
                    WORDS[found].format(what=what, table=mine.name),
                    *(f"  {line}" for line in lines),
                    f"your indexes of {mine.name}: {there}",
                ]
            )
        )


@pytest.mark.guard
def test_a_case_is_found_by_its_key(engine, fill, session_factory, recording):
    """A primary key has an index already: a second one would only cost."""
    from case_tracker.adapters.sql.audit import AuditEventRecord
    from case_tracker.adapters.sql.models import CaseRecord

    fill(engine, AuditEventRecord.metadata)

    with session_factory() as session, recording() as sent:
        session.get(CaseRecord, ONE.value)

    assert_found(sent.statements, engine, CaseRecord.__table__, "get() of one case")


@pytest.mark.task(1)
@pytest.mark.parametrize("what", ["page", "total"])
def test_cases_of_a_status_are_found(indexed, engine, session_factory, recording, what):
    """The page of open cases gets slower with every case that was ever closed."""
    from case_tracker.adapters.sql.read_models import SqlCasePages

    cases = indexed("add_case_indexes", "cases")

    with session_factory() as session, recording() as sent:
        pages = SqlCasePages(session)
        shown = pages.page(RARE, limit=20) if what == "page" else pages.total(RARE)

    assert shown == 40 if what == "total" else len(shown) == 20
    # The notes of the page are the next task.
    assert_found(sent.statements[:1], engine, cases, f"the {what} of one status")


@pytest.mark.task(1)
def test_deleted_cases_are_not_in_the_index(indexed, engine, observed):
    """After some years most rows are deleted ones, and each page of the index is full of them."""
    cases = indexed("add_case_indexes", "cases")
    assert cases.indexes, "add_case_indexes() gave the table cases no index"

    lacking = {}
    for index in sorted(cases.indexes, key=described):
        ddl = str(CreateIndex(index).compile(dialect=postgresql.dialect()))
        hidden = {"sqlite_where": stored_condition(engine, index), "postgresql_where": ddl}
        lacking[index] = [name for name, words in hidden.items() if ALIVE not in words]

    observed["lacks"] = sorted({one for options in lacking.values() for one in options})
    for index, options in lacking.items():
        assert not options, (
            f"deleted cases are in {described(index)}: it holds one entry for each of {MANY} rows\n"
            f"a partial index needs its condition for this database too: {', '.join(options)}"
        )


def stored_condition(engine, index):
    """Return how the database wrote the index down, or how SQLite would be told."""
    if engine.dialect.name == "sqlite":
        master = table("sqlite_master", column("name"), column("sql"))
        with engine.connect() as connection:
            return connection.scalar(select(master.c.sql).where(master.c.name == index.name)) or ""
    assert inspect(engine).get_indexes("cases")
    return str(index.dialect_options["sqlite"]["where"])


@pytest.mark.task(2)
def test_the_notes_of_a_case_are_found(indexed, engine, session_factory, recording, observed):
    """To open one case, the database reads every note that was ever written."""
    from case_tracker.adapters.sql.models import CaseRecord

    notes = indexed("add_note_indexes", "case_notes")

    with session_factory() as session, recording() as sent:
        case = session.get(CaseRecord, ONE.value)
        assert len(case.notes) == 2

    observed["notes"] = verdict(plan(sent.statements[-1], engine), "case_notes")
    assert_found(
        sent.statements, engine, notes, "one case with its notes", may_sort=on_postgres(engine)
    )


@pytest.mark.task(2)
def test_the_notes_of_a_page_are_found(indexed, engine, session_factory, recording):
    """Twenty cases on the screen must not cost as much as all of them."""
    from case_tracker.adapters.sql.read_models import SqlCasePages

    notes = indexed("add_note_indexes", "case_notes")

    with session_factory() as session, recording() as sent:
        page = SqlCasePages(session).page(limit=20)

    assert sum(len(case.notes) for case in page) == 40
    assert_found(sent.statements, engine, notes, "a page of cases with their notes", may_sort=True)


@pytest.mark.task(3)
def test_the_history_of_a_case_is_found(indexed, engine, session_factory, recording, observed):
    """The audit trail only grows: what reads all of it is slower every day."""
    from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository

    events = indexed("add_audit_indexes", "audit_events")

    with session_factory() as session, recording() as sent:
        history = SqlAlchemyAuditEventRepository(session).list(ONE)

    assert len(history) == 2
    observed["history"] = verdict(plan(sent.statements[-1], engine), "audit_events")
    assert_found(
        sent.statements, engine, events, "the history of one case", may_sort=on_postgres(engine)
    )


@pytest.mark.task(4)
def test_every_index_is_used(exercise, engine, fill, recording, observed):
    """An index that no query uses makes each INSERT slower, and nobody dares to drop it."""
    from case_tracker.adapters.sql.tables import METADATA
    from case_tracker.adapters.sql.units import SqlUnitsOfWork
    from case_tracker.services.read_cases import case_history, list_cases, show_case

    METADATA.drop_all(engine)  # they were made without the indexes
    fill(engine, METADATA)
    units = SqlUnitsOfWork(engine)

    with recording() as sent:
        list_cases(units, RARE)
        list_cases(units)
        show_case(units, ONE)
        case_history(units, ONE)

    plans = "\n".join(line for one in sent.statements for line in plan(one, engine))
    made = [i for each in METADATA.sorted_tables for i in each.indexes if not i.unique]
    names = [str(index.name) for index in made]
    unused = sorted(name for name in names if not re.search(rf"\b{re.escape(name)}\b", plans))
    observed["unused"] = len(unused)
    assert not unused, (
        f"the application opens pages, cases and histories, and never uses {', '.join(unused)}\n"
        "each of them is written with every INSERT: leave out what no query needs"
    )
