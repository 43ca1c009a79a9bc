"""Every frequent query finds its rows by an index, among many rows that are known to the planner.

Never explains a copy: the statements are the ones that the application sent.
"""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, insert, text

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.postgresql import build_postgresql_engine
from case_tracker.adapters.sql.tables import AUDIT_EVENTS
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.status import CaseStatus
from case_tracker.services.import_cases import import_cases
from case_tracker.services.read_cases import case_history, count_cases, list_cases, show_case
from case_tracker.services.transition_case import transition_case

MANY = 3000
ONE = CaseId("CASE-1000")
RARE = CaseStatus.SUBMITTED
ANN = Actor("ann")
NOTES, HISTORY = "ix_case_notes_case_id_id", "ix_audit_events_case_id_sequence"
STATUS = "ix_cases_status_id_alive"
SORTED = ("TEMP B-TREE", "Sort Key")


@pytest.fixture
def engine(database_url):
    """An engine on a database of many cases, that knows how its values are spread."""
    sqlite = database_url.startswith("sqlite")
    engine = build_engine(database_url) if sqlite else build_postgresql_engine(database_url)
    import_cases(SqlUnitsOfWork(engine), [case(number) for number in range(MANY)])
    with engine.begin() as connection:
        connection.execute(insert(AUDIT_EVENTS), [row(number) for number in range(2 * MANY)])
        connection.execute(text("ANALYZE"))
    if not sqlite:  # its plans look at what VACUUM has written as well
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM"))
    yield engine
    engine.dispose()


def case(number):
    """Return one of many cases: most are over, as in real life."""
    status = CaseStatus.CLOSED if number % 50 else CaseStatus.SUBMITTED
    return Case(CaseId(f"CASE-{number:04}"), "a title", status, [Note("one"), Note("two")])


def row(number):
    """Return one of many audit events."""
    stamps = {"occurred_at": datetime.now(UTC), "details_json": "{}"}
    names = {"id": str(number), "actor": "ann", "event_type": "seen"}
    return names | stamps | {"case_id": f"CASE-{number % MANY:04}"}


def plans(engine, command):
    """Return the plan of each SELECT and UPDATE that this command sends."""
    sent = []

    def keep(_connection, _cursor, statement, parameters, *_):
        if statement.startswith(("SELECT", "UPDATE")):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    command(SqlUnitsOfWork(engine))
    event.remove(engine, "before_cursor_execute", keep)
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        return [
            "\n".join(str(line) for line in connection.exec_driver_sql(f"{word} {sql}", values))
            for sql, values in sent
        ]


def used(engine, plan):
    """Return the names of the indexes in a plan; KEY is the one that every table has."""
    key = "sqlite_autoindex_cases_1" if engine.dialect.name == "sqlite" else "pk_cases"
    names = {"KEY": key, NOTES: NOTES, HISTORY: HISTORY, STATUS: STATUS}
    return {name for name, written in names.items() if written in plan}


@pytest.mark.shows_n_plus_one("explains one statement after the other")
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (lambda units: show_case(units, ONE), [{"KEY", NOTES}]),
        (lambda units: case_history(units, ONE), [{"KEY", NOTES}, {HISTORY}]),
        (list_cases, [{"KEY"}, {"KEY", NOTES}]),  # and the total of all cases, which reads them all
        (
            lambda units: list_cases(units, RARE, offset=40),
            [{STATUS}, {STATUS, NOTES}, {STATUS}],
        ),
        (lambda units: count_cases(units, RARE), [{STATUS}]),
    ],
    ids=["show", "history", "page", "page of a status", "count of a status"],
)
def test_a_read_uses_its_indexes(engine, command, expected):
    """What is read a hundred times a minute must not grow with the table."""
    found = plans(engine, command)

    uses = [used(engine, plan) for plan in found[: len(expected)]]
    assert uses == expected, "\n\n".join(found)


@pytest.mark.shows_n_plus_one("explains one statement after the other")
def test_a_step_finds_its_case_by_the_key(engine):
    """Neither the lock, nor the read, nor the UPDATE looks at another case."""
    goal = CaseStatus.UNDER_REVIEW

    found = plans(engine, lambda units: transition_case(units, ONE, goal, ANN))

    lock = [{"KEY"}] if engine.dialect.name == "postgresql" else []
    expected = [*lock, {"KEY", NOTES}, {"KEY"}]
    assert [used(engine, plan) for plan in found] == expected, "\n\n".join(found)


@pytest.mark.shows_n_plus_one("explains one statement after the other")
def test_pages_come_in_their_order(engine):
    """An index that has the order spares sorting all rows for the first twenty."""
    page, *_ = plans(engine, lambda units: list_cases(units, RARE))
    any_page, *_ = plans(engine, list_cases)

    for plan in (page, any_page):
        assert not any(sign in plan for sign in SORTED), plan
